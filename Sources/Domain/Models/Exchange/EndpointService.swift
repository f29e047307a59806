/// A kind of model service: the settings that fix its failures, and what its refusals mean.
package struct EndpointService: Sendable {
    /// The setting that holds its address.
    package let addressKey: String
    /// What to check, for people, when something other than the API answers at the address.
    package let addressAdvice: String
    /// What to check, for people, when it cannot be reached.
    package let networkAdvice: String
    /// Explains a refusal, given its status, that has a special meaning here; nil where the general one applies.
    package let explain: @Sendable (EndpointFailure, Int, EndpointContext) -> ModelError?

    package init(
        addressKey: String, addressAdvice: String? = nil, networkAdvice: String,
        explain: @escaping @Sendable (EndpointFailure, Int, EndpointContext) -> ModelError? = { _, _, _ in nil }
    ) {
        self.addressKey = addressKey
        self.addressAdvice = addressAdvice ?? "check \(addressKey)"
        self.networkAdvice = networkAdvice
        self.explain = explain
    }

    package static let openAI = EndpointService.openAI(in: "model")

    /// - Parameters:
    ///   - section: of the configuration.
    ///   - advice: how the address ends.
    static func openAI(in section: String, advice: String = "usually ends in /v1") -> EndpointService {
        EndpointService(
            addressKey: "\(section).base_url", addressAdvice: "check \(section).base_url, which \(advice)",
            networkAdvice: "check the network and \(section).base_url")
    }
}
