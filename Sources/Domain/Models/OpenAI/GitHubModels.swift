internal import HTTP

/// GitHub Models' API at a configured address. The public service was shut down; others may serve its API.
extension OpenAISettings {
    /// With the API's paths. The address may be the one before `/inference`, or end with it.
    package var forGitHubModels: OpenAISettings {
        var settings = self
        settings.paths = Paths(
            chats: "inference/chat/completions", models: "catalog/models",
            advice: "must end before /inference and /catalog")
        for end in ["/", "/inference"] where settings.baseURL.path.hasSuffix(end) {
            settings.baseURL.path.removeLast(end.utf8.count)
        }
        return settings
    }

    /// Throws for an address of the public service: nothing is sent there, least of all a key.
    func refuseShutdown() throws(ModelError) {
        let hosts = ["models.github.ai", "models.inference.ai.azure.com", "models.github.com"]
        guard hosts.contains(self.baseURL.host.lowercased()) else { return }
        throw ModelError(
            .refused,
            "GitHub Models was shut down on 30 July 2026; set model.provider to copilot (a GitHub sign-in with Copilot is "
                + "enough) or to openai (any OpenAI-compatible model.base_url and key).")
    }
}
