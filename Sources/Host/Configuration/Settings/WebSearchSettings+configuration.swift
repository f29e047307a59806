internal import HTTP
internal import HTTPClient
internal import Web

extension WebSearchSettings {
    /// The section `search`; nil without it.
    static func read(_ root: Section) -> Self? { root.optional("search") { $0.section { Self($0) } } }

    private init?(_ section: Section) {
        let transport = Configuration.Transport.standard
        let provider = section.required("provider") { $0.choice(Provider.self) }
        let written = section.optional("url") { transport.url($0, canBeAllowed: false) }
        let key = section.optional("key") { $0.secret() }
        guard let provider else { return nil }
        if provider != .searxng, !section.has("key") {
            section.error("\(provider.rawValue) needs 'key'; write key: {env: SEARCH_KEY}")
        }
        guard let url = written ?? provider.standardURL?.url else {
            if !section.has("url") { section.error("searxng needs 'url', the address of its start page") }
            return nil
        }
        self.init(provider: provider, url: url, key: key)
    }
}

extension WebSearch {
    /// Nil without the section `search`.
    init?(_ configuration: Configuration) {
        guard let settings = configuration.search else { return nil }
        self.init(settings, transport: HTTPClient(HTTPClientSettings()))
    }
}
