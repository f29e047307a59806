package import HTTP
package import Primitives

extension Configuration {
    package struct Model: Sendable {
        // Change: another model provider
        package enum Provider: String, Sendable, CaseIterable {
            case rehearsal, copilot
            case githubModels = "github-models"
            case openai
            case copilotCLI = "copilot-cli"
        }

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

        private static let openAI = (host: "api.openai.com", url: "https://api.openai.com/v1")

        init(_ section: Section) {
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
            self.turnTimeout = section.read("turn_timeout", default: .seconds(600)) {
                $0.duration(from: .milliseconds(100))
            }
            self.answerSize = section.size("answer_size", default: 512 << 10, atLeast: 1 << 10, atMost: 64 << 20)
            self.answerTokens = section.read("answer_tokens", default: 128_000) { $0.integer(in: 256...10_000_000) }
            self.contextTokens = section.optional("context_tokens") { $0.integer(in: 1024...100_000_000) }
            self.images = section.optional("images") { $0.bool() }
            self.check(section)
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
