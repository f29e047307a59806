package import HTTP
package import Primitives

/// The short-lived token that the Copilot API takes, as GitHub's exchange answered it.
package struct CopilotToken: Sendable, Equatable {
    package let value: Secret
    /// When the API stops taking it, in seconds since 1970.
    package let expiresAt: Int64
    /// `endpoints.api` of the answer: where every request with this token goes.
    package let apiURL: HTTPURL
    /// What kind of subscription it comes from, if the answer told.
    package let sku: String?

    package init(value: Secret, expiresAt: Int64, apiURL: HTTPURL, sku: String? = nil) {
        self.value = value
        self.expiresAt = expiresAt
        self.apiURL = apiURL
        self.sku = sku
    }
}
