package import HTTP
package import Primitives

/// The short-lived token for the Copilot API, from GitHub's token exchange.
package struct CopilotToken: Sendable, Equatable {
    package let value: Secret
    /// When it expires, in seconds since 1970.
    package let expiresAt: Int64
    /// `endpoints.api` of the response: where every request with this token goes.
    package let apiURL: HTTPURL
    /// The kind of subscription behind it, if the response gave one.
    package let sku: String?

    package init(value: Secret, expiresAt: Int64, apiURL: HTTPURL, sku: String? = nil) {
        self.value = value
        self.expiresAt = expiresAt
        self.apiURL = apiURL
        self.sku = sku
    }
}
