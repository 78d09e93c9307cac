/**
 * Boot code: locks the unit down, then runs the application if it is the one that was built with this boot code. Nothing
 * stands between power-on and the lock but the runtime itself. A script, not a module: the build takes it as it stands.
 */

/** Put in by the build: CRC-32 and length of the application in Storage. */
declare const APP_CRC: number;
declare const APP_LENGTH: number;
/** Put in by the build: true in one for developers, which keeps its console. */
declare const DEV: boolean;

// One expression, so that boot code leaves no name behind that the application might use as well; from flash, so that the
// application's functions stay there and cost no variables.
// biome-ignore lint/security/noGlobalEval: the application, whose CRC-32 this boot code was built with
eval(
  (function (): string {
    if (typeof DEV === "undefined" || !DEV) {
      // Longer than the console lets anybody type: it stays shut even if something brings the console back.
      let password = "";
      while (password.length < 32) password += E.hwRand();
      E.setPassword(password);
      E.lockConsole();
      E.setConsole(null, { force: true });
      // A build without Bluetooth has no air to lock.
      if (typeof NRF !== "undefined") {
        // While somebody is connected, the runtime would keep its UART.
        NRF.disconnect();
        NRF.setServices({}, { uart: false });
      }
    }
    const code = require("Storage").read("avnode");
    if (code !== undefined && code.length === APP_LENGTH && E.CRC32(code) === APP_CRC) return code;
    // Blinks evenly, like no pattern of the application.
    if (typeof LED1 !== "undefined") {
      let lit = 0;
      setInterval(function () {
        lit = 1 - lit;
        digitalWrite(LED1, lit);
      }, 500);
    }
    return "";
  })(),
);
