/// The maximum sizes in a request head, with the status for exceeding them.
package struct HeadLimits: Sendable, Hashable {
    /// Of the whole head (431).
    package var bytes = 64 * 1024
    /// The number of header fields, and of trailer fields (431).
    package var fields = 100
    /// Of the request target (414).
    package var target = 16 * 1024
    /// Of the method (400); longer ones are not HTTP.
    package var method = 32

    package init() {}
}
