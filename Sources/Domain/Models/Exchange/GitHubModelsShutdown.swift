/// The public GitHub Models service, which was shut down.
enum GitHubModelsShutdown {
    /// Whether `host` belonged to it.
    static func isPublic(_ host: String) -> Bool {
        let name = host.lowercased().split(separator: ":").first.map(String.init) ?? ""
        return ["models.github.ai", "models.inference.ai.azure.com", "models.github.com"].contains(name)
    }

    static func error(status: Int? = nil) -> ModelError {
        ModelError(
            .refused,
            "GitHub Models was shut down on 30 July 2026; set model.provider to copilot (a GitHub sign-in with Copilot is "
                + "enough) or to openai (any OpenAI-compatible model.base_url and key).", status: status)
    }
}
