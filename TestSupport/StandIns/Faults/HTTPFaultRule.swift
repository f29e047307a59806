package import HTTP
package import JSON

/// The requests that an ``HTTPFault`` applies to.
package struct HTTPFaultRule: Sendable {
    /// nil matches any.
    package var method: HTTPMethod?
    /// The path begins with this, percent-encoded as received.
    package var prefix: String
    /// The path and query contain this.
    package var infix: String
    /// The path and query contain one of these; empty matches any.
    package var words: [String]
    /// The request's body is JSON that satisfies this.
    package var content: (@Sendable (JSON) -> Bool)?
    /// The number of matching requests forwarded first.
    package var skip: Int
    /// The number of matching requests that meet the fault; nil for all.
    package var count: Int?

    package init(
        _ method: HTTPMethod? = nil, prefix: String = "/", infix: String = "", words: [String] = [],
        skip: Int = 0, count: Int? = 1, content: (@Sendable (JSON) -> Bool)? = nil
    ) {
        self.method = method
        self.prefix = prefix
        self.infix = infix
        self.words = words
        self.skip = skip
        self.count = count
        self.content = content
    }

    func fits(_ method: HTTPMethod, _ target: String) -> Bool {
        (self.method == nil || self.method == method) && target.hasPrefix(self.prefix)
            && (self.infix.isEmpty || target.contains(self.infix))
            && (self.words.isEmpty || self.words.contains { target.contains($0) })
    }

    func fits(_ body: [UInt8]) -> Bool {
        guard let content = self.content else { return true }
        return (try? JSON.parse(body)).map(content) ?? false
    }
}
