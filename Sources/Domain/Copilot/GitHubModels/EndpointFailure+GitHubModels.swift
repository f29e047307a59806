extension EndpointFailure {
    /// What a refusal by the GitHub Models API means; nil where it means what it means everywhere.
    func gitHubModelsError(status: Int, context: EndpointContext) -> ModelError? {
        if status == 410 || GitHubModelsShutdown.isPublic(context.host) {
            return GitHubModelsShutdown.error(status: status)
        }
        switch status {
        case 401, 403:
            return ModelError(
                .unauthorized,
                "\(context.host) does not accept the token (\(status))\(self.quotation); set model.api_key to one with the "
                    + "permission “Models: read”.", status: status)
        case 404 where self.message.isEmpty || !self.message.lowercased().contains("model"):
            return ModelError(
                .invalidResponse,
                "\(context.host) has no GitHub Models API at this address (404); check model.base_url, which ends before "
                    + "/inference and /catalog.", status: 404)
        default: return nil
        }
    }
}
