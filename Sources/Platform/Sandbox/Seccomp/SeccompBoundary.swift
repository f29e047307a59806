internal import CSeccomp
internal import Glibc

/// A second program beside a deny list, for what libseccomp cannot express:
///
/// - a call newer than the deny list fails with ENOSYS, so that nobody needs to have known its risks;
/// - a call may be allowed for certain values of its first argument only. libseccomp refuses two comparisons of one
///   argument.
///
/// Of two programs the kernel takes the stricter answer (seccomp(2)).
package struct SeccompBoundary: Sendable, Equatable {
    /// The highest allowed number of a system call. Since Linux 5.0 new calls have the same number on all processors.
    package let newest: UInt32
    /// Names of system calls with the allowed values of their first argument, of which the kernel reads 32 bits.
    package let allowedValues: [String: [UInt32]]

    package init(newest: UInt32, allowedValues: [String: [UInt32]]) {
        self.newest = newest
        self.allowedValues = allowedValues
    }

    /// The program as an array of `struct sock_filter`.
    package func compile() throws(SeccompError) -> [UInt8] {
        var program: [Instruction] = [
            .load(offset: 4), .skipIfEqual(Self.architecture, 1), .answer(Self.killProcess), .load(offset: 0),
        ]
        #if arch(x86_64)
            // x32 calls carry this bit in an otherwise native number.
            program += [.skipIfLess(0x4000_0000, 1), .answer(Self.killProcess)]
        #endif
        program += [.skipIfLess(self.newest + 1, 1), .answer(SeccompRule.Action.notImplemented.code)]
        for (name, values) in self.allowedValues.sorted(by: { $0.key < $1.key }) {
            let number = unsafe seccomp_syscall_resolve_name(name)
            guard number >= 0, values.count < 200 else {
                throw SeccompError(
                    "libseccomp does not know the system call \(name); install libseccomp 2.5.4 or newer")
            }
            // Load the argument, compare, deny; every equal value skips the rest of them and the denial.
            program += [.skipUnlessEqual(UInt32(number), UInt8(values.count + 2)), .load(offset: 16)]
            for (index, value) in values.enumerated() {
                program.append(.skipIfEqual(value, UInt8(values.count - index)))
            }
            program.append(.answer(SeccompRule.Action.notPermitted.code))
            // The argument has replaced the number.
            program.append(.load(offset: 0))
        }
        program.append(.answer(0x7FFF_0000))
        return program.flatMap(\.bytes)
    }

    private static let killProcess: UInt32 = 0x8000_0000

    /// AUDIT_ARCH_* of <linux/audit.h>: the ELF machine, 64-bit, little endian.
    #if arch(x86_64)
        private static let architecture: UInt32 = 0xC000_003E
    #else
        private static let architecture: UInt32 = 0xC000_00B7
    #endif

    /// One `struct sock_filter`. Skips count instructions.
    private struct Instruction {
        let code: UInt16
        let ifTrue: UInt8
        let ifFalse: UInt8
        let value: UInt32

        /// Loads 32 bits of `struct seccomp_data`: the number is at 0, the architecture at 4, the first argument at 16.
        static func load(offset: UInt32) -> Instruction {
            Instruction(code: 0x20, ifTrue: 0, ifFalse: 0, value: offset)
        }

        static func skipIfEqual(_ value: UInt32, _ count: UInt8) -> Instruction {
            Instruction(code: 0x15, ifTrue: count, ifFalse: 0, value: value)
        }

        static func skipUnlessEqual(_ value: UInt32, _ count: UInt8) -> Instruction {
            Instruction(code: 0x15, ifTrue: 0, ifFalse: count, value: value)
        }

        static func skipIfLess(_ value: UInt32, _ count: UInt8) -> Instruction {
            Instruction(code: 0x35, ifTrue: 0, ifFalse: count, value: value)
        }

        static func answer(_ value: UInt32) -> Instruction {
            Instruction(code: 0x06, ifTrue: 0, ifFalse: 0, value: value)
        }

        var bytes: [UInt8] {
            [UInt8(truncatingIfNeeded: self.code), UInt8(self.code >> 8), self.ifTrue, self.ifFalse]
                + (0..<4).map { UInt8(truncatingIfNeeded: self.value >> ($0 * 8)) }
        }
    }
}
