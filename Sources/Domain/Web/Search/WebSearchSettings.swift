package import HTTP
package import Primitives

/// The provider that searches the web for models.
package struct WebSearchSettings: Sendable {
    package enum Provider: String, Sendable, CaseIterable {
        /// A metasearch engine that one can run oneself; its format `json` has to be switched on.
        case searxng
        case brave
        case tavily

        /// The provider's own address; nil for one that everybody runs themselves.
        package var standardURL: String? {
            switch self {
            case .searxng: nil
            case .brave: "https://api.search.brave.com"
            case .tavily: "https://api.tavily.com"
            }
        }
    }

    package let provider: Provider
    package let url: HTTPURL
    /// Optional for SearXNG, to which it is sent as a bearer token, for a proxy before it.
    package let key: Secret?
    package var timeout: Duration = .seconds(20)

    package init(provider: Provider, url: HTTPURL, key: Secret?) {
        self.provider = provider
        self.url = url
        self.key = key
    }
}
