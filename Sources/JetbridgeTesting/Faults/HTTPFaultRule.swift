package import HTTP
package import JSON

/// Which requests a ``HTTPFault`` is for.
package struct HTTPFaultRule: Sendable {
    /// nil is any.
    package var method: HTTPMethod?
    /// The path begins with this, percent-encoded as it comes.
    package var prefix: String
    /// The path and query hold this.
    package var infix: String
    /// The path and query hold one of these; any when there are none.
    package var words: [String]
    /// The request's body is JSON that this holds for.
    package var content: (@Sendable (JSON) -> Bool)?
    /// So many that fit are passed on before.
    package var skip: Int
    /// So many that fit meet the fault; nil is all.
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
