extension EndpointService {
    /// - Parameter section: of the configuration.
    static func gitHubModels(in section: String) -> EndpointService {
        EndpointService(
            addressKey: "\(section).base_url", networkAdvice: "check the network and \(section).base_url",
            explain: { failure, status, context in failure.gitHubModelsError(status: status, context: context) })
    }
}

extension EndpointFailure {
    fileprivate func gitHubModelsError(status: Int, context: EndpointContext) -> ModelError? {
        if status == 410 || GitHubModelsShutdown.isPublic(context.host) {
            return GitHubModelsShutdown.error(status: status)
        }
        switch status {
        case 401, 403:
            return ModelError(
                .unauthorized,
                "\(context.host) does not accept the token (\(status))\(self.quotation); set \(context.section).api_key to a token "
                    + "with the permission “Models: read”.", status: status)
        case 404 where self.message.isEmpty || !self.message.lowercased().contains("model"):
            return ModelError(
                .invalidResponse,
                "\(context.host) has no GitHub Models API at this address (404); check \(context.section).base_url, which must end "
                    + "before /inference and /catalog.", status: 404)
        default: return nil
        }
    }
}
