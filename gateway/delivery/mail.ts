/**
 * A report by mail (RFC 5321). Accepted means that the first server has it: what that server makes of it comes back as a
 * mail to the sender's own address, which nobody here reads. If this process ends between that server's answer and our
 * row of it, the mail goes out again, under the same Message-ID: SMTP offers no better.
 */
import type { SendMailOptions } from "nodemailer";
import type { Way } from "../schema/delivery";
import { Words } from "../words/words";
import type { Message } from "./alerts/message";
import type { Documents } from "./documents";
import { DeliveryError } from "./error";

/** Content-ID, within the mail. */
const PICTURE = "strip@avnode";

type MailWay = Extract<Way, { kind: "mail" }>;

/** Of the whole conversation: a server that sends a byte now and then is not waited for. */
export interface MailTimes {
  connectMs: number;
  silenceMs: number;
  wholeMs: number;
}
export const MAIL_TIMES: MailTimes = { connectMs: 20_000, silenceMs: 60_000, wholeMs: 300_000 };

/** At these a 5xx is about this mail; before them it is about us or the server, which may be mended. */
const ABOUT_THE_MAIL = new Set(["MAIL FROM", "RCPT TO", "DATA"]);

/** @param key the same for the same recipient, recording and version; @throws DeliveryError DELIVERY_MAIL */
export function mailReport(
  way: MailWay,
  documents: Documents,
  key: string,
  times = MAIL_TIMES,
): Promise<void> {
  const { pdf, simulated, picture, form } = documents;
  const words = new Words(way.language ?? "en");
  const text = bodyOf(way, words, documents);
  return send(
    way,
    {
      subject: `${simulated ? "DEMO: " : ""}${words.say("title")}`,
      text,
      ...(picture && { html: pageOf(text, words) }),
      messageId: `<${key}@${domainOf(way.from)}>`,
      attachments: [
        { filename: "ecg-report.pdf", content: Buffer.from(pdf), contentType: "application/pdf" },
        ...(picture
          ? [{ filename: "ecg.png", content: Buffer.from(picture), contentType: "image/png", cid: PICTURE }]
          : []),
        ...(form
          ? [
              {
                filename: "answer-form.html",
                content: Buffer.from(form),
                contentType: "text/html; charset=utf-8",
              },
            ]
          : []),
      ],
    },
    times,
  );
}

/** Without any recording. @throws as mailReport */
export function mailTest(way: MailWay, isDemo: boolean, times = MAIL_TIMES): Promise<void> {
  const text =
    "This is a test from a home ECG hub. No recording is in it. Whoever looks after the hub wants to see that mail from it arrives.\n";
  return send(way, { subject: isDemo ? "DEMO: test of an ECG hub" : "Test of an ECG hub", text }, times);
}

/** To the family. @throws as mailReport */
export function mailAlert(way: MailWay, { title, lines }: Message, times = MAIL_TIMES): Promise<void> {
  return send(way, { subject: title, text: `${lines.join("\n\n")}\n` }, times);
}

/** The same words, with the picture between them and their end. */
function pageOf(text: string, words: Words): string {
  const paragraphs = text
    .trim()
    .split("\n\n")
    .map((one) => `<p>${one.replaceAll("\n", "<br>")}</p>`);
  return `<html><body>${paragraphs.join("")}<p><img src="cid:${PICTURE}" alt="${words.say("mail-picture")}"></p></body></html>`;
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf("@") + 1);
}

function bodyOf(
  { pdfPassword }: MailWay,
  words: Words,
  { hasProof, simulated, form, link }: Documents,
): string {
  const isLocked = pdfPassword !== undefined;
  const lines = [
    ...(simulated ? [words.say("mail-demo"), ""] : []),
    ...[words.say("mail-attached"), words.say("mail-sent"), words.say("mail-not-a-diagnosis")],
    ...(form ? ["", words.say("mail-form")] : []),
    // Who reads a mail whose PDF is locked must not see the recording by another door.
    ...(link === undefined
      ? []
      : ["", ...(isLocked ? [words.say("mail-link-inside")] : [words.say("mail-link"), link])]),
    ...(isLocked ? ["", words.say("mail-password")] : []),
    ...["", words.say(hasProof ? (isLocked ? "mail-proof-locked" : "mail-proof") : "mail-no-proof")],
  ];
  return `${lines.join("\n")}\n`;
}

async function send(way: MailWay, mail: SendMailOptions, times: MailTimes): Promise<void> {
  const { createTransport } = require("nodemailer") as typeof import("nodemailer");
  const { host, port, security, user, password, ca, from, to } = way;
  const transport = createTransport({
    ...{ host, port, secure: security === "tls" },
    ...{ requireTLS: security === "starttls", ignoreTLS: security === "plain" },
    auth: user === undefined ? undefined : { user, pass: password ?? "" },
    tls: { minVersion: "TLSv1.2", rejectUnauthorized: true, ...(ca !== undefined && { ca }) },
    connectionTimeout: times.connectMs,
    dnsTimeout: times.connectMs,
    greetingTimeout: times.connectMs,
    socketTimeout: times.silenceMs,
    ...{ disableFileAccess: true, disableUrlAccess: true },
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`no end after ${Math.round(times.wholeMs / 1000)} s`)),
      times.wholeMs,
    );
  });
  try {
    await Promise.race([transport.sendMail({ from, to, ...mail }), late]);
  } catch (error) {
    throw failureOf(error as Failure, way);
  } finally {
    clearTimeout(timer);
    transport.close();
  }
}

type Failure = Error & { responseCode?: number; response?: string; command?: string };

/** What a server says is cut: it may say anything. */
const MAX_SAID = 200;

function failureOf(failure: Failure, { host, port }: MailWay): DeliveryError {
  const { responseCode = 0, response, command = "", message } = failure;
  const isRefusal = responseCode >= 500 && ABOUT_THE_MAIL.has(command);
  // Nothing that we said comes back in a server's answer but an address.
  const said = (response ?? message).replace(/[\p{Cc}\p{Cf}]+/gu, " ").slice(0, MAX_SAID);
  return new DeliveryError("DELIVERY_MAIL", `${host}:${port}: ${said}`, !isRefusal, { cause: failure });
}
