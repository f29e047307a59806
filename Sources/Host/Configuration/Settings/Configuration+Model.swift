package import HTTP
package import Primitives
internal import YAML

extension Configuration {
    package struct Model: Sendable {
        // Change: another model provider
        package enum Provider: String, Sendable, CaseIterable {
            case rehearsal, copilot
            case githubModels = "github-models"
            case openai
            case copilotCLI = "copilot-cli"
        }

        /// What the names of its models begin with, before a slash; nil for `model`, whose names have no prefix.
        package var id: String?
        /// False for a `model` that only says what holds for those of `models`.
        package var isProvider: Bool
        package var provider: Provider
        package var name: String
        /// The endpoint of `openai` and `github-models`, and of `copilot-cli` with its own key.
        package var baseURL: HTTPURL
        /// Whether `base_url` is set: `copilot-cli` then uses that endpoint.
        package var hasBaseURL: Bool
        package var apiKey: Secret?
        /// CA certificates to trust in addition to the system's, for an endpoint with a private authority.
        package var caFile: String?
        /// Whether plain HTTP to another machine is allowed.
        package var allowsPlainHTTP: Bool
        /// How long the endpoint may be silent.
        package var timeout: Duration
        /// The time limit of a whole turn.
        package var turnTimeout: Duration
        /// The maximum bytes of an answer, and of the reasoning before it.
        package var answerSize: Int
        /// The maximum tokens of an answer with its reasoning, by estimate.
        package var answerTokens: Int
        /// The model's limit of prompt and answer together, in tokens; nil for what the provider reports, or its
        /// default.
        package var contextTokens: Int?
        /// Whether the models take images; nil for what the provider reports.
        package var images: Bool?
        /// The models to ask in this order if another one does not answer.
        package var fallbacks: [String] = []
        /// The classes of data that its models may get.
        package var classes: [String]

        private static let openAI = (host: "api.openai.com", url: "https://api.openai.com/v1")

        /// The section `model`.
        ///
        /// - Parameter others: Those of `models`. Without a provider of its own, the section names one of their models.
        init(_ section: Section, beside others: [Model]) {
            let isProvider = others.isEmpty || section.value("provider") != nil
            self.init(provider: isProvider ? section : section.empty, host: section)
            self.fallbacks =
                section.optional("fallbacks") { value in
                    let names = value.items()
                    if names?.count ?? 0 > Self.mostFallbacks {
                        value.report("at most \(Self.mostFallbacks) models can be listed")
                    }
                    return names?.compactMap { $0.string() }
                } ?? []
            guard !isProvider, let first = others.first else { return }
            self.isProvider = false
            self.name = section.read("name", default: first.fullName(first.name)) { $0.string() }
            // Whose a bare name is depends on which lists are there.
            for name in self.fallbacks where !others.contains(where: { name.hasPrefix($0.fullName("")) }) {
                section.error("fallbacks: '\(name)' names no provider: write ID/NAME, with an id of 'models'")
            }
            for key in Self.keysOfProvider where section.has(key) && section.value(key) != nil {
                section.error("'\(key)' is a setting of one provider: write it in 'models', or add 'provider'")
            }
        }

        /// An item of `models`.
        private init?(item section: Section) {
            let id = section.required("id", Self.id)
            _ = section.required("provider") { $0 }
            self.init(provider: section, host: section.empty)
            self.id = id
            if self.provider == .rehearsal, !section.has("name") { self.name = Provider.rehearsal.rawValue }
            for key in Self.keysOfHost where section.has(key) && section.value(key) != nil {
                section.error("'\(key)' holds for all models: write it in 'model'")
            }
            if id == nil { return nil }
        }

        private static let keysOfProvider = [
            "base_url", "api_key", "ca_file", "allow_plain_http", "timeout", "context_tokens", "images", "classes",
        ]
        private static let keysOfHost = ["turn_timeout", "answer_size", "answer_tokens", "fallbacks"]
        private static let mostFallbacks = 8

        /// - Parameters:
        ///   - section: Has the keys of one provider.
        ///   - host: Has the keys for all models.
        private init(provider section: Section, host: Section) {
            self.isProvider = true
            self.provider = section.read("provider", default: .rehearsal) { $0.choice() }
            self.name = section.read("name", default: "gpt-4.1") { $0.string() }
            let url = section.optional("base_url") { $0.url() }
            self.baseURL = url ?? Self.openAI.url.url
            // Other providers would take the default for a choice.
            if url == nil, self.provider == .openai { section.effective.setDefault("base_url", self.baseURL) }
            // The default URL without a key comes from a template; nobody chose it.
            self.hasBaseURL =
                section.has("base_url") && (self.baseURL.host != Self.openAI.host || section.has("api_key"))
            self.apiKey = section.optional("api_key") { $0.secret() }
            self.caFile = section.optional("ca_file") { $0.pemFile() }
            self.allowsPlainHTTP = section.read("allow_plain_http", default: false) { $0.bool() }
            self.timeout = section.read("timeout", default: .seconds(120)) { $0.duration(from: .milliseconds(100)) }
            self.turnTimeout = host.read("turn_timeout", default: .seconds(600)) {
                $0.duration(from: .milliseconds(100))
            }
            self.answerSize = host.size("answer_size", default: 512 << 10, atLeast: 1 << 10, atMost: 64 << 20)
            self.answerTokens = host.read("answer_tokens", default: 128_000) { $0.integer(in: 256...10_000_000) }
            self.contextTokens = section.optional("context_tokens") { $0.integer(in: 1024...100_000_000) }
            self.images = section.optional("images") { $0.bool() }
            self.classes = section.optional("classes") { $0.items()?.compactMap { $0.dataClass() } } ?? []
            self.check(section)
        }

        /// The whole name of its model `name`.
        func fullName(_ name: String) -> String { self.id.map { "\($0)/\(name)" } ?? name }

        /// The section of its settings, for messages.
        var section: String { self.id.map { "models[\($0)]" } ?? "model" }

        func within(_ turnTimeout: Duration) -> Model {
            var model = self
            model.turnTimeout = turnTimeout
            return model
        }

        /// Checks keys against each other.
        private func check(_ section: Section) {
            switch self.provider {
            case .openai:
                if self.baseURL.host == Self.openAI.host, !section.has("api_key") {
                    section.error("\(Self.openAI.host) needs 'api_key'; write api_key: {env: OPENAI_API_KEY}")
                }
            case .githubModels:
                // The public service was shut down on 30 July 2026; other servers may offer its API.
                if !section.has("base_url") { section.error("github-models needs 'base_url'") }
            case .copilotCLI:
                if !self.hasBaseURL { return }
            case .rehearsal, .copilot:
                return
            }
            if !self.baseURL.isSecure, !self.baseURL.isLoopback, !self.allowsPlainHTTP {
                section.error(
                    "base_url would send the key and all text to another machine unencrypted; use https://, "
                        + "or set allow_plain_http: true")
            }
        }
    }
}

extension Configuration {
    /// All providers of models: the one of `model`, unless it only names the default, and those of `models`.
    package var providers: [Model] { (self.model.isProvider ? [self.model] : []) + self.models }

    /// The settings of a provider that can be configured once; those of `model` if it is not configured.
    func model(of provider: Model.Provider) -> Model {
        self.providers.first { $0.provider == provider } ?? self.model
    }
}

extension Configuration.Model {
    /// The items of `models`.
    static func list(_ root: Section) -> [Self] {
        let items =
            root.list("models") { value in value.section { Self(item: $0) }.map { (value, $0) } } ?? []
        var ids: Set<String> = []
        // Both use the sign-in of `copilot`.
        var signedIn = [Provider.copilot, .copilotCLI].filter { provider in
            root.value("model")?.node["provider"]?.stringValue == provider.rawValue
        }
        for (value, model) in items {
            if let id = model.id, !ids.insert(id).inserted {
                value.report("the id '\(id)' is already used by another item")
            }
            guard [.copilot, .copilotCLI].contains(model.provider) else { continue }
            if signedIn.contains(model.provider) {
                value.report("'\(model.provider.rawValue)' can be configured once: all of it uses one sign-in")
            }
            signedIn.append(model.provider)
        }
        return items.map(\.1)
    }

    /// It is a part of names, which people type.
    private static func id(_ value: Value) -> String? {
        value.string(
            where: { id in
                1...32 ~= id.utf8.count && "a"..."z" ~= (id.unicodeScalars.first ?? " ")
                    && id.unicodeScalars.allSatisfy { "a"..."z" ~= $0 || "0"..."9" ~= $0 || $0 == "-" }
            }, else: "an id has 1 to 32 of a-z, 0-9 and '-', and begins with a letter")
    }
}
