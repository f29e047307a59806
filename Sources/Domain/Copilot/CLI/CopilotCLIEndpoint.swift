package import HTTP
internal import JSON
package import Primitives

/// The endpoint that the CLI uses in its own-key mode, in place of GitHub's.
package struct CopilotCLIEndpoint: Sendable, Equatable {
    /// Up to and with the version: `http://127.0.0.1:11434/v1`.
    package var baseURL: HTTPURL
    /// Local servers need none.
    package var apiKey: Secret?

    package init(baseURL: HTTPURL, apiKey: Secret?) {
        self.baseURL = baseURL
        self.apiKey = apiKey
    }

    /// `provider` of `session.create`. The key goes through the pipe and so is in nobody's environment.
    var parameters: JSON {
        var parameters: JSONObject = [
            "type": "openai", "wireApi": "completions", "baseUrl": .string(self.baseURL.description),
        ]
        if let key = self.apiKey, !key.isEmpty { parameters["apiKey"] = .string(key.reveal()) }
        return .object(parameters)
    }
}
