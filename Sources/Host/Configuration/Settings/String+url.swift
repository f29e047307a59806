internal import HTTP

extension String {
    /// The URL that a text of this source code is.
    var url: HTTPURL {
        do {
            return try HTTPURL(self)
        } catch {
            preconditionFailure("a default of the configuration is no URL: \(self)")
        }
    }
}
