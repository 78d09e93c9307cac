/** Takes the console away as soon as it is loaded: nothing stands between power-on and the lock but the runtime itself. */

/** Put in by the build: true in one for developers, which keeps its console. */
declare const DEV: boolean;

function lock(): void {
  // Longer than the console lets anybody type: it stays shut even if something brings the console back.
  let password = "";
  while (password.length < 32) password += E.hwRand();
  E.setPassword(password);
  E.lockConsole();
  E.setConsole(null, { force: true });
  // A build without Bluetooth has no air to lock.
  if (typeof NRF === "undefined") return;
  // While somebody is connected, the runtime would keep its UART.
  NRF.disconnect();
  NRF.setServices({}, { uart: false });
}

if (!DEV) lock();
