/// One row of a deny list: a system call, when it is denied, and why.
package struct SeccompRule: Sendable, Equatable {
    package enum Action: Sendable, Equatable {
        /// The call fails with EPERM.
        case notPermitted
        /// The call fails with ENOSYS, so that a C library uses an older call instead.
        case notImplemented
        /// The call fails with EOPNOTSUPP, as on a file system without it, so that a C library uses another way.
        case notSupported
        /// The call fails with EAFNOSUPPORT.
        case familyNotSupported
    }

    /// A condition on one argument, counted from 0. A rule may have only one for each argument: libseccomp refuses a
    /// second one.
    package struct Condition: Sendable, Equatable {
        package enum Comparison: Sendable, Equatable {
            /// The bits of `mask` have this value. Choose a mask of 32 bits for an argument that the kernel reads as
            /// `int`: it ignores the upper half, so a comparison of all 64 bits can be passed by setting one of them.
            case bits(mask: UInt64, value: UInt64)
            case notEqual(UInt64)
            case atLeast(UInt64)
        }

        package let argument: UInt32
        package let comparison: Comparison

        package init(_ argument: UInt32, _ comparison: Comparison) {
            self.argument = argument
            self.comparison = comparison
        }
    }

    /// The kernel's name of the system call.
    package let name: String
    package let action: Action
    /// All of them must hold; without conditions the call is always denied.
    package let conditions: [Condition]
    /// The library or the processor may lack the call; the rule is then left out.
    package let isOptional: Bool
    package let reason: String

    package init(
        _ name: String, _ action: Action = .notPermitted, when conditions: [Condition] = [], isOptional: Bool = false,
        reason: String
    ) {
        self.name = name
        self.action = action
        self.conditions = conditions
        self.isOptional = isOptional
        self.reason = reason
    }
}
