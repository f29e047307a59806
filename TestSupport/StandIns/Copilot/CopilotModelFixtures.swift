package import JSON

/// Models in the API's own format, with every peculiarity that a client has to handle.
package enum CopilotModelFixtures {
    /// The complete answer of `/models`. Users are offered `gpt-4.1`, `gpt-5-mini`, `claude-sonnet-4.5`, `gpt-5-codex`
    /// and `gemini-3-pro`; clients must filter out the others.
    package static let list: JSON = ["object": "list", "data": .array(Self.offered + Self.hidden)]

    private static let offered: [JSON] = [
        Self.model(
            "gpt-4.1", name: "GPT-4.1", version: "gpt-4.1-2025-04-14", multiplier: 0, isDefault: true, images: 1),
        Self.model("gpt-5-mini", name: "GPT-5 mini", version: "gpt-5-mini-2025-08-07", multiplier: 0.25),
        Self.model(
            "claude-sonnet-4.5", name: "Claude Sonnet 4.5", vendor: "Anthropic", version: "claude-sonnet-4.5",
            multiplier: 1, policy: "enabled", endpoints: ["/chat/completions", "/v1/messages"], images: 5),
        Self.model(
            "gpt-5-codex", name: "GPT-5-Codex", version: "gpt-5-codex", multiplier: 1, policy: "enabled",
            endpoints: ["/responses"], images: 1),
        Self.model(
            "gemini-3-pro", name: "Gemini 3 Pro", vendor: "Google", version: "gemini-3-pro", multiplier: 1,
            policy: "enabled", isPreview: true),
    ]

    private static let hidden: [JSON] = [
        Self.model("gpt-4.1-2025-04-14", name: "GPT-4.1", version: "gpt-4.1-2025-04-14", multiplier: 0),
        Self.model("gpt-4o-paygo", name: "GPT-4o paygo", version: "gpt-4o", multiplier: 0),
        Self.model(
            "gpt-3.5-turbo", name: "GPT 3.5 Turbo", version: "gpt-3.5-turbo-0613", multiplier: 0, isPicked: false),
        Self.model(
            "claude-opus-4.5", name: "Claude Opus 4.5", version: "claude-opus-4.5", multiplier: 3, policy: "disabled"),
        Self.model("grok-code", name: "Grok Code", version: "grok-code", multiplier: 1, policy: "unconfigured"),
        Self.model(
            "claude-messages", name: "Messages only", version: "1", multiplier: 1, endpoints: ["/v1/messages"]),
        Self.model(
            "text-embedding-3-small", name: "Embedding V3 small", version: "text-embedding-3-small", multiplier: nil,
            type: "embeddings"),
        ["id": 7], .null, "a word", ["id": "no-capabilities"],
    ]

    /// - Parameter images: the maximum in a request; 0 for a model without vision.
    package static func model(
        _ id: String, name: String, vendor: String = "Azure OpenAI", version: String, multiplier: Double?,
        policy: String? = nil, endpoints: [String] = [], isPreview: Bool = false, isDefault: Bool = false,
        isPicked: Bool = true, type: String = "chat", promptLimit: Int = 64_000, images: Int = 0
    ) -> JSON {
        var limits: JSONObject = [
            "max_context_window_tokens": JSON(promptLimit * 2), "max_prompt_tokens": JSON(promptLimit),
            "max_output_tokens": 16_384,
        ]
        var supports: JSONObject = ["streaming": true, "tool_calls": true, "parallel_tool_calls": true]
        if images > 0 {
            supports["vision"] = true
            limits["vision"] = [
                "max_prompt_images": JSON(images), "max_prompt_image_size": 3_145_728,
                "supported_media_types": ["image/jpeg", "image/png", "image/webp", "image/gif"],
            ]
        }
        var entry: JSONObject = [
            "id": .string(id), "name": .string(name), "object": "model", "vendor": .string(vendor),
            "version": .string(version), "preview": .bool(isPreview), "model_picker_enabled": .bool(isPicked),
            "is_chat_default": .bool(isDefault), "is_chat_fallback": .bool(isDefault),
            "capabilities": [
                "family": .string(id), "object": "model_capabilities", "tokenizer": "o200k_base", "type": .string(type),
                "limits": .object(limits), "supports": .object(supports),
            ],
        ]
        if let multiplier {
            entry["billing"] = ["is_premium": .bool(multiplier > 0), "multiplier": .number(multiplier)]
        }
        if let policy { entry["policy"] = ["state": .string(policy), "terms": "Enable access to the model."] }
        if !endpoints.isEmpty { entry["supported_endpoints"] = .array(endpoints.map { .string($0) }) }
        return .object(entry)
    }
}
