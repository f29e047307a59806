internal import JSON
internal import Models

/// Reads the models of the Copilot API. Pure; skips invalid entries.
///
/// Keeps the chat models in the account's picker whose policy is accepted or absent. Ids that end in `paygo` are a
/// billing variant of another entry; of several releases with one name it keeps the newest.
enum CopilotModelList {
    /// Nil when it is not a list of models.
    static func parse(_ bytes: [UInt8]) -> [ModelInfo]? {
        guard let json = try? JSON.parse(bytes), let entries = json["data"]?.arrayValue ?? json.arrayValue else {
            return nil
        }
        var models: [ModelInfo] = []
        for model in entries.compactMap({ self.isOffered($0) ? self.model($0) : nil }) {
            if let index = models.firstIndex(where: { $0.name == model.name || $0.id == model.id }) {
                if self.isNewer(model, than: models[index]) { models[index] = model }
            } else {
                models.append(model)
            }
        }
        return models.sorted { ($0.isProviderDefault ? 0 : 1, $0.id) < ($1.isProviderDefault ? 0 : 1, $1.id) }
    }

    private static func isOffered(_ entry: JSON) -> Bool {
        guard let id = entry["id"]?.stringValue, !id.isEmpty, id.utf8.count <= 200, !id.hasSuffix("paygo") else {
            return false
        }
        if entry["capabilities"]?["type"]?.stringValue != "chat" { return false }
        if entry["model_picker_enabled"]?.boolValue == false { return false }
        if let policy = entry["policy"], case .object = policy, policy["state"]?.stringValue != "enabled" {
            return false
        }
        let endpoints = self.endpoints(entry)
        return endpoints.isEmpty || CopilotRoute.choose(among: endpoints) != nil
    }

    private static func model(_ entry: JSON) -> ModelInfo? {
        guard let id = entry["id"]?.stringValue else { return nil }
        let capabilities = entry["capabilities"]
        let limits = capabilities?["limits"]
        let output = self.positive(limits?["max_output_tokens"]) ?? ModelLimits.unknown.output
        let window = self.positive(limits?["max_context_window_tokens"])
        // The prompt has its own limit, often lower than what the window leaves.
        let input =
            self.positive(limits?["max_prompt_tokens"]) ?? window.map { $0 - min(output, $0 / 4) }
            ?? ModelLimits.unknown.input
        return ModelInfo(
            id: id, name: String((entry["name"]?.stringValue ?? id).prefix(100)), inputLimit: max(256, input),
            outputLimit: max(16, output), tokenizer: self.text(capabilities?["tokenizer"]),
            version: self.text(entry["version"]), vendor: self.text(entry["vendor"]),
            multiplier: entry["billing"]?["multiplier"]?.doubleValue.flatMap { (0...10_000).contains($0) ? $0 : nil },
            isPreview: entry["preview"]?.boolValue ?? false,
            isProviderDefault: entry["is_chat_default"]?.boolValue ?? false,
            supportedEndpoints: self.endpoints(entry),
            supportsTools: capabilities?["supports"].map { $0["tool_calls"]?.boolValue ?? false },
            supportsParallelCalls: capabilities?["supports"]?["parallel_tool_calls"]?.boolValue ?? false,
            images: ImageLimits(capabilities: capabilities))
    }

    private static func endpoints(_ entry: JSON) -> [String] {
        (entry["supported_endpoints"]?.arrayValue ?? []).compactMap(\.stringValue)
    }

    private static func isNewer(_ model: ModelInfo, than other: ModelInfo) -> Bool {
        let (version, old) = (model.version ?? "", other.version ?? "")
        // The same release with a dated and an undated id: the undated one follows later releases.
        return version == old ? model.id.count < other.id.count : version > old
    }

    private static func positive(_ value: JSON?) -> Int? { value?.intValue.flatMap { $0 > 0 ? $0 : nil } }

    private static func text(_ value: JSON?) -> String? { value?.stringValue.map { String($0.prefix(100)) } }
}
