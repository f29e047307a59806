internal import HTTP

extension String {
    /// The URL of a literal in the source code.
    var url: HTTPURL {
        do {
            return try HTTPURL(self)
        } catch {
            preconditionFailure("a default of the configuration is not a URL: \(self)")
        }
    }
}
