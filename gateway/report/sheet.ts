/** The PDF document: pages of one size, text in any script, tags for those who hear it, the same bytes every time. */
import type PDFKit from "pdfkit";
import { Fonts, fontIn } from "./fonts";
import type { Paper } from "./paper";
import { legible, type Run, runsOf } from "./runs";

export interface SheetOptions {
  paper: Paper;
  title: string;
  subject: string;
  /** A tag of BCP 47. */
  language: string;
  /** Of the recording: the file's own identity derives from it. */
  date: Date;
  password?: string;
}

export interface Ink {
  size?: number;
  bold?: boolean;
  colour?: string;
  /** Where `x` is. */
  align?: "left" | "right";
}

export interface Attachment {
  bytes: Uint8Array;
  name: string;
  type: string;
  description: string;
}

type Tag = "H1" | "H2" | "P" | "Figure";

export class Sheet {
  readonly paper: Paper;
  private readonly doc: PDFKit.PDFDocument;
  private readonly root;
  private readonly fonts = new Fonts();
  private readonly registered = new Set<string>();
  private readonly date: Date;
  private readonly bytes: Promise<Buffer>;
  pages = 0;

  constructor({ paper, title, subject, language, date, password }: SheetOptions) {
    // Loaded late: only reports need it.
    const PDFDocument = require("pdfkit") as typeof PDFKit;
    this.paper = paper;
    this.date = date;
    this.doc = new PDFDocument({
      ...{ autoFirstPage: false, bufferPages: true, margin: 0, size: [paper.width, paper.height] },
      ...{ tagged: true, displayTitle: true, lang: language },
      ...(password === undefined
        ? { pdfVersion: "1.7" }
        : { pdfVersion: "1.7ext3", userPassword: password, ownerPassword: password }),
      info: { Title: title, Subject: subject, Creator: "avnode", CreationDate: date, ModDate: date },
    } as PDFKit.PDFDocumentOptions);
    this.root = this.doc.struct("Document");
    this.doc.addStructure(this.root);
    this.bytes = new Promise((resolve, reject) => {
      const pieces: Buffer[] = [];
      this.doc.on("data", (piece: Buffer) => pieces.push(piece));
      this.doc.on("end", () => resolve(Buffer.concat(pieces)));
      this.doc.on("error", reject);
    });
  }

  addPage(): void {
    this.doc.addPage();
    this.pages++;
  }

  /** What a reader that speaks finds as one thing. @param spoken in place of a figure */
  tagged(tag: Tag, draw: () => void, spoken?: string): void {
    const content = this.doc.markStructureContent(tag);
    draw();
    this.doc.endMarkedContent();
    this.root.add(this.doc.struct(tag, spoken === undefined ? {} : { alt: spoken }, [content]));
  }

  /** What is there for the eye only. */
  untagged(draw: () => void): void {
    this.doc.markContent("Artifact", { type: "Layout" });
    draw();
    this.doc.endMarkedContent();
  }

  /** One line, its base line at `y`. @returns its width */
  write(
    text: string,
    x: number,
    y: number,
    { size = 8, bold = false, colour = "#000", align }: Ink = {},
  ): number {
    const runs = runsOf(legible(text), this.fonts, bold);
    const widths = runs.map((run) => this.widthOf(run, size));
    const width = widths.reduce((a, b) => a + b, 0);
    let at = align === "right" ? x - width : x;
    this.doc.fillColor(colour);
    runs.forEach((run, index) => {
      this.use(run, size).text(run.text, at, y, { lineBreak: false, baseline: "alphabetic", features: [] });
      at += widths[index]!;
    });
    return width;
  }

  /** Broken at spaces, or within what is wider than a line. @param most lines; "…" where some are missing */
  lines(text: string, width: number, most: number, { size = 8, bold = false }: Ink = {}): string[] {
    const fits = (line: string) => this.width(line, size, bold) <= width;
    const lines: string[] = [];
    let rest = legible(text);
    while (rest !== "" && lines.length < most) {
      const letters = [...rest];
      if (fits(rest)) {
        lines.push(rest);
        return lines;
      }
      let low = 1;
      for (let high = letters.length; low < high; ) {
        const middle = Math.ceil((low + high) / 2);
        if (fits(letters.slice(0, middle).join(""))) low = middle;
        else high = middle - 1;
      }
      const taken = letters.slice(0, low).join("");
      const space = letters[low] === " " ? taken.length : taken.lastIndexOf(" ");
      const line = space > 0 ? taken.slice(0, space) : taken;
      lines.push(line);
      rest = rest.slice(line.length).trimStart();
    }
    if (rest !== "") {
      let last = [...lines[most - 1]!];
      while (last.length > 1 && !fits(`${last.join("")}…`)) last = last.slice(0, -1);
      lines[most - 1] = `${last.join("").trimEnd()}…`;
    }
    return lines;
  }

  width(text: string, size: number, bold = false): number {
    return runsOf(legible(text), this.fonts, bold).reduce((sum, run) => sum + this.widthOf(run, size), 0);
  }

  /** Paths as PDF's own operators, origin top left: hundreds of thousands of points, one call. */
  stroke(path: string, colour: string, width: number): void {
    if (path === "") return;
    this.doc.save().lineJoin("round").lineCap("round").lineWidth(width).strokeColor(colour);
    this.doc.addContent(`${path}S`);
    this.doc.restore();
  }

  fill(path: string, colour: string): void {
    if (path === "") return;
    this.doc.save().fillColor(colour);
    this.doc.addContent(`${path}f`);
    this.doc.restore();
  }

  /** @param draw nothing of it shows outside of the box */
  within(x: number, y: number, width: number, height: number, draw: () => void): void {
    this.doc.save().rect(x, y, width, height).clip();
    draw();
    this.doc.restore();
  }

  attach({ bytes, name, type, description }: Attachment): void {
    // As it is: sealed frames do not pack, and to try takes a second for a day's.
    this.doc.compress = false;
    this.doc.file(Buffer.from(bytes), {
      ...{ name, type, description, relationship: "Source" },
      ...{ creationDate: this.date, modifiedDate: this.date },
    } as PDFKit.Mixins.PDFAttachmentOptions);
    this.doc.compress = true;
  }

  link(x: number, y: number, width: number, height: number, address: string): void {
    this.doc.link(x, y, width, height, address);
  }

  /** @param each draws on every page, last */
  end(each: (page: number, pages: number) => void): Promise<Buffer> {
    for (let page = 0; page < this.pages; page++) {
      this.doc.switchToPage(page);
      each(page + 1, this.pages);
    }
    this.doc.end();
    return this.bytes;
  }

  private use({ font }: Run, size: number): PDFKit.PDFDocument {
    if (!this.registered.has(font.name)) {
      this.doc.registerFont(font.name, fontIn(font));
      this.registered.add(font.name);
    }
    return this.doc.font(font.name).fontSize(size);
  }

  private widthOf(run: Run, size: number): number {
    return this.use(run, size).widthOfString(run.text, { features: [] });
  }
}
