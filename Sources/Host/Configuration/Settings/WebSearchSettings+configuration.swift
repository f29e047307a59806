internal import Agent
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

extension Configuration {
    /// Whoever wrote a rule for `search` before it searched the web meant files.
    func checkSearchRules(_ root: Section) {
        for rule in self.policy.rules where self.search != nil && rule.decision == .allow {
            guard rule.tools.contains(.name(ToolCatalog.webSearch)), !rule.tools.contains(.name(ToolCatalog.fileSearch))
            else { continue }
            root.value("search")?.warn(
                "the rule '\(rule.name)' also allows web searches, without asking: write 'tool: [grep, search]' in it if that "
                    + "is meant, 'tool: grep' if not")
        }
    }
}

extension WebSearch {
    /// Nil without the section `search`.
    init?(_ configuration: Configuration) {
        guard let settings = configuration.search else { return nil }
        self.init(settings, transport: HTTPClient(HTTPClientSettings()))
    }
}
