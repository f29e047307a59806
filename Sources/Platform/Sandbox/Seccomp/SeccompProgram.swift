internal import CSeccomp
internal import Glibc
internal import Primitives

/// Compiles a deny list to a program for the kernel (libseccomp): what no rule names is allowed.
///
/// A call by another processor's interface (32-bit, x32) ends the process: its numbers would mean other calls.
@safe package struct SeccompProgram: ~Copyable {
    private let context: scmp_filter_ctx

    /// The program as an array of `struct sock_filter`, which `bwrap --add-seccomp-fd` reads.
    package static func compile(_ rules: [SeccompRule]) throws(SeccompError) -> [UInt8] {
        guard let context = unsafe seccomp_init(Self.allow) else {
            throw SeccompError("libseccomp could not make a filter")
        }
        let program = unsafe SeccompProgram(context)
        try program.endForeignProcesses()
        for rule in rules { try program.add(rule) }
        return try program.bytes()
    }

    private init(_ context: scmp_filter_ctx) {
        unsafe self.context = unsafe context
    }

    deinit { unsafe seccomp_release(self.context) }

    private borrowing func endForeignProcesses() throws(SeccompError) {
        let status = unsafe seccomp_attr_set(self.context, SCMP_FLTATR_ACT_BADARCH, Self.killProcess)
        guard status == 0 else { throw SeccompError("libseccomp refused to end foreign processes: error \(-status)") }
    }

    private borrowing func add(_ rule: SeccompRule) throws(SeccompError) {
        let number = unsafe seccomp_syscall_resolve_name(rule.name)
        // -1 is an unknown name; a lower number stands for a call that other processors have.
        guard number >= 0 else {
            if rule.isOptional { return }
            throw SeccompError(
                "libseccomp does not know the system call \(rule.name); install libseccomp 2.5.4 or newer")
        }
        var comparisons = rule.conditions.map(\.argumentComparison)
        let status = unsafe seccomp_rule_add_array(
            self.context, rule.action.code, number, UInt32(comparisons.count), &comparisons)
        guard status == 0 else { throw SeccompError("libseccomp refused the rule for \(rule.name): error \(-status)") }
    }

    private borrowing func bytes() throws(SeccompError) -> [UInt8] {
        let number = cseccomp_memory_file()
        guard number >= 0 else { throw SeccompError("no file in memory for the filter: error \(errno)") }
        let file = FileDescriptor(owning: number)
        let status = unsafe seccomp_export_bpf(self.context, file.rawValue)
        guard status == 0 else { throw SeccompError("libseccomp could not write the filter: error \(-status)") }
        let size = Int(lseek(file.rawValue, 0, SEEK_END))
        guard size > 0, size % 8 == 0 else { throw SeccompError("libseccomp wrote a filter of \(size) bytes") }
        var bytes = [UInt8](repeating: 0, count: size)
        let count = unsafe pread(file.rawValue, &bytes, size, 0)
        guard count == size else { throw SeccompError("the filter could not be read back") }
        return bytes
    }

    // Macros of <seccomp.h>.
    private static let allow: UInt32 = 0x7FFF_0000
    private static let killProcess: UInt32 = 0x8000_0000
}

extension SeccompRule.Action {
    /// The kernel's return value: SECCOMP_RET_ERRNO with the error number.
    var code: UInt32 {
        let error =
            switch self {
            case .notPermitted: EPERM
            case .notImplemented: ENOSYS
            case .notSupported: EOPNOTSUPP
            case .familyNotSupported: EAFNOSUPPORT
            }
        return 0x0005_0000 | UInt32(error)
    }
}

extension SeccompRule.Condition {
    fileprivate var argumentComparison: scmp_arg_cmp {
        switch self.comparison {
        case .bits(let mask, let value):
            scmp_arg_cmp(arg: self.argument, op: SCMP_CMP_MASKED_EQ, datum_a: mask, datum_b: value)
        case .notEqual(let value):
            scmp_arg_cmp(arg: self.argument, op: SCMP_CMP_NE, datum_a: value, datum_b: 0)
        case .atLeast(let value):
            scmp_arg_cmp(arg: self.argument, op: SCMP_CMP_GE, datum_a: value, datum_b: 0)
        }
    }
}

/// Why a filter could not be made. One line.
package struct SeccompError: Error, Sendable, Equatable, CustomStringConvertible {
    package let message: String

    init(_ message: String) { self.message = message }

    package var description: String { self.message }
}
