/** What a station looks at in every unit, and what it cannot see: the words of every evidence file. */

export const WHAT_IS_CHECKED = [
  "board and runtime version, as the unit itself says them",
  "application, identity and boot code: read back from the unit's flash and compared by SHA-256",
  "what is flashed: before any unit is made, that the station's maker signed it, as a release or as the build that the station was made with; a unit's line names the boot code that was read back, and a unit whose application and boot code are of no release is shown so",
  "self-test on the unit itself, before it is locked: every check with what was measured and what was wanted",
  "the console after the restart: a list of attempts over each path that the station has; a unit that answers with one byte fails",
  "that it lives: an adapter was told an alias that only a unit with its claim code says, or the operator saw it; the unit's line says which, and where nobody looked",
  "the label: that the code on it is the unit's own, read back from the picture or scanned from the unit",
  "that its keys went by cable: where they went over the air or a network, in the clear, the unit's line says so; by cable the radio of a unit is put to sleep first",
  "its identity: no two chips that say another serial number share one, and none that was locked is given again",
  "secrets: sealed in the journal until the unit passed, erased then",
];

export const LIMITS = [
  "the bootloader's key: the station compares a CRC-32 of the bootloader where it is told one, and trusts the running unit's answer for it; whether the key in it is the maker's own, and whether nobody else holds it, only the maker knows",
  "APPROTECT: a unit's console cannot tell whether the debug port is closed; read it with a debugger, on samples of each batch at least",
  "physical access: a flash beside the processor (XIAO) gives signing seed and boot code to a clip, and an nRF52840 before revision 3 its own to a glitch of its supply (CVE-2020-27211); whoever holds a unit long enough holds its keys",
  "what the unit says of itself: a manipulated runtime can say anything until the boot code is in, and afterwards too; buy boards and runtime from whom you trust, and flash the runtime yourself",
  "somebody within reach of a blank unit's radio: its console is open to the air from power-on until the station puts the radio to sleep, and what was left in its memory by then stays until its restart; without a runtime whose radio is off at start, only a shielded room rules that out, and over the air (ports ble) nothing else does",
  "networks: a port tcp:// to another machine is called one, but what lies behind a terminal server or a tunnel on this one nobody sees",
  "paths without a port at the station: a wire that was not connected was not attacked",
  "the people at the station: whoever has the passphrase and the key folder makes units in the maker's name",
  "lines that are not shown: that each is of another batch is the maker's word; to see it, ask for the evidence of those batches, whose lines together are the whole log",
  "this file covers what was logged, not what was never put into a slot",
];
