internal import Jail

/// How jails' names are resolved, and which addresses they lead to.
struct JailReach: Sendable {
    /// Nil for the system's.
    var resolver: (any NetworkResolver)?
    var policy = AddressPolicy()
}
