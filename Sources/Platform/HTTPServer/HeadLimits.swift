/// How much of a request head is read before it is refused.
package struct HeadLimits: Sendable, Hashable {
    /// The whole head (431).
    package var bytes = 64 * 1024
    /// Header fields, and trailer fields (431).
    package var fields = 100
    /// The request target (414).
    package var target = 16 * 1024
    /// The method (400): longer ones are not HTTP.
    package var method = 32

    package init() {}
}
