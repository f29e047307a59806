package import HTTP
package import Primitives

extension Configuration {
    package struct Model: Sendable {
        package enum Provider: String, Sendable, CaseIterable {
            case rehearsal, copilot
            case githubModels = "github-models"
            case openai
            case copilotCLI = "copilot-cli"
        }

        package var provider: Provider
        package var name: String
        /// The endpoint of `openai` and `github-models`, and of `copilot-cli` in its own-key mode.
        package var baseURL: HTTPURL
        /// Whether `base_url` is written down: `copilot-cli` uses an endpoint of one's own then.
        package var hasBaseURL: Bool
        package var apiKey: Secret?
        /// Certificates to trust besides the system's, for an endpoint with a private authority.
        package var caFile: String?
        /// Plain HTTP to another machine is refused unless this is set.
        package var allowsPlainHTTP: Bool
        /// How long the endpoint may stay silent.
        package var timeout: Duration
        /// How long one turn may take in all.
        package var turnTimeout: Duration
        /// The tokens of prompt and answer that the model takes; nil where the provider tells, or its default.
        package var contextTokens: Int?

        /// Where `openai` is without a `base_url`.
        private static let openAI = (host: "api.openai.com", url: "https://api.openai.com/v1")

        init(_ section: Section) {
            self.provider = section.read("provider", default: .rehearsal) { $0.choice() }
            self.name = section.read("name", default: "gpt-4.1") { $0.string() }
            self.baseURL = section.read("base_url", default: Self.openAI.url.url) { $0.url() }
            // The default written down without a key is a template's line, not a wish.
            self.hasBaseURL =
                section.has("base_url") && (self.baseURL.host != Self.openAI.host || section.has("api_key"))
            self.apiKey = section.optional("api_key") { $0.secret() }
            self.caFile = section.optional("ca_file") { $0.readableFile() }
            self.allowsPlainHTTP = section.read("allow_plain_http", default: false) { $0.bool() }
            self.timeout = section.read("timeout", default: .seconds(120)) { $0.duration(from: .milliseconds(100)) }
            self.turnTimeout = section.read("turn_timeout", default: .seconds(600)) {
                $0.duration(from: .milliseconds(100))
            }
            self.contextTokens = section.optional("context_tokens") { $0.integer(in: 1024...100_000_000) }
            self.check(section)
        }

        /// What only shows when the keys are seen together.
        private func check(_ section: Section) {
            switch self.provider {
            case .openai:
                if self.baseURL.host == Self.openAI.host, !section.has("api_key") {
                    section.error("\(Self.openAI.host) needs 'api_key'; write api_key: {env: OPENAI_API_KEY}")
                }
            case .githubModels:
                // The public service was shut down on 30 July 2026; others may serve its API.
                if !section.has("base_url") { section.error("github-models needs 'base_url'") }
            case .copilotCLI:
                if !self.hasBaseURL { return }
            case .rehearsal, .copilot:
                return
            }
            if !self.baseURL.isSecure, !self.baseURL.isLoopback, !self.allowsPlainHTTP {
                section.error(
                    "base_url is plain HTTP to another machine, which shows key and text to everybody on the way; "
                        + "use https://, or set allow_plain_http: true")
            }
        }
    }
}
