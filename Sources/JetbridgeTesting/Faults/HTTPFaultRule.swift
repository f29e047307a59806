package import HTTP

/// Which requests a ``HTTPFault`` is for.
package struct HTTPFaultRule: Sendable {
    /// nil is any.
    package var method: HTTPMethod?
    /// The path begins with this, percent-encoded as it comes.
    package var prefix: String
    /// The path and query hold this.
    package var infix: String
    /// So many that fit are passed on before.
    package var skip: Int
    /// So many that fit meet the fault; nil is all.
    package var count: Int?

    package init(
        _ method: HTTPMethod? = nil, prefix: String = "/", infix: String = "", skip: Int = 0, count: Int? = 1
    ) {
        self.method = method
        self.prefix = prefix
        self.infix = infix
        self.skip = skip
        self.count = count
    }

    func fits(_ method: HTTPMethod, _ target: String) -> Bool {
        (self.method == nil || self.method == method) && target.hasPrefix(self.prefix)
            && (self.infix.isEmpty || target.contains(self.infix))
    }
}
