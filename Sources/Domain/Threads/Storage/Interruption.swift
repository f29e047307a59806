/// Why a place has to be recovered.
package enum Interruption: Sendable {
    /// The process that served it has ended.
    case restart
    /// It was served by another host, which may only hang: what that host was sending can still arrive.
    case takeover
}
