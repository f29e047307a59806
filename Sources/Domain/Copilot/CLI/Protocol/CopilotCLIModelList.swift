package import JSON
package import Models

/// Reads the answer to `models.list`. Pure; skips invalid entries.
package enum CopilotCLIModelList {
    /// Nil when it is not a list.
    package static func parse(_ answer: JSON) -> [ModelInfo]? {
        guard let entries = answer["models"]?.arrayValue else { return nil }
        return entries.compactMap { entry in
            guard let id = entry["id"]?.stringValue, !id.isEmpty, !id.hasSuffix("paygo") else { return nil }
            if let state = entry["policy"]?["state"]?.stringValue, state != "enabled" { return nil }
            if let type = entry["capabilities"]?["type"]?.stringValue, type != "chat" { return nil }
            let limits = entry["capabilities"]?["limits"]
            let assumed = ModelLimits.assumed(for: id)
            let name = entry["name"]?.stringValue ?? id
            return ModelInfo(
                id: id, name: name.isEmpty ? id : name,
                inputLimit: self.positive(limits?["max_prompt_tokens"])
                    ?? self
                    .positive(limits?["max_context_window_tokens"]) ?? assumed.input,
                outputLimit: self.positive(limits?["max_output_tokens"]) ?? assumed.output)
        }
    }

    static func assumed(_ name: String) -> ModelInfo {
        let limits = ModelLimits.assumed(for: name)
        return ModelInfo(id: name, name: name, inputLimit: limits.input, outputLimit: limits.output)
    }

    private static func positive(_ value: JSON?) -> Int? {
        value?.intValue.flatMap { $0 > 0 ? $0 : nil }
    }
}
