/**
 * Looks at a library file before it is loaded, because loading runs its code and dlopen's own message does not say
 * which architecture a file is for. Source: System V ABI, ELF header; machine numbers from its registry.
 */

const MACHINES: Readonly<Record<number, string>> = {
  3: 'x86 (32 bit)',
  8: 'MIPS',
  20: 'PowerPC (32 bit)',
  21: 'PowerPC (64 bit)',
  22: 'IBM Z',
  40: 'ARM (32 bit)',
  62: 'x86-64',
  183: 'ARM (64 bit)',
  243: 'RISC-V',
  258: 'LoongArch',
};

const OURS: Readonly<Record<string, { readonly machine: number; readonly bits: 32 | 64 }>> = {
  x64: { machine: 62, bits: 64 },
  arm64: { machine: 183, bits: 64 },
  arm: { machine: 40, bits: 32 },
  ia32: { machine: 3, bits: 32 },
  ppc64: { machine: 21, bits: 64 },
  s390x: { machine: 22, bits: 64 },
  riscv64: { machine: 243, bits: 64 },
  loong64: { machine: 258, bits: 64 },
};

const SHARED_OBJECT = 3;

/** Null where the file is a shared library this process can load, otherwise the reason in words. */
export function elfProblem(file: Uint8Array, arch: string): string | null {
  if (file.length < 64 || file[0] !== 0x7f || file[1] !== 0x45 || file[2] !== 0x4c || file[3] !== 0x46) {
    return 'The file is not a shared library (it has no ELF header).';
  }
  const little = file[5] === 1;
  const u16 = (at: number): number => (little ? file[at]! | (file[at + 1]! << 8) : (file[at]! << 8) | file[at + 1]!);
  const bits = file[4] === 1 ? 32 : 64;
  const machine = u16(18);
  const ours = OURS[arch];
  if (ours !== undefined && (machine !== ours.machine || bits !== ours.bits || (arch !== 's390x' && !little))) {
    const name = MACHINES[machine] ?? `machine number ${machine}`;
    return `The library was built for ${name}, ${bits}-bit; this computer runs ${MACHINES[ours.machine]!}.`;
  }
  if (u16(16) !== SHARED_OBJECT) return 'The file is an ELF file, but not a shared library.';
  return null;
}
