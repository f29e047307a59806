internal import JSON
internal import Primitives

/// Reads the list at `/models`. Pure; skips invalid entries.
enum OpenAIModelList {
    /// Nil when it is not a list of models.
    static func parse(_ bytes: [UInt8]) -> [ModelInfo]? {
        guard let json = try? JSON.parse(bytes),
            let entries = json["data"]?.arrayValue ?? json["models"]?.arrayValue ?? json.arrayValue
        else { return nil }
        var seen: Set<String> = []
        return entries.prefix(ModelInfo.mostListed).compactMap { self.model($0) }.filter { seen.insert($0.id).inserted }
            .sorted { $0.id < $1.id }
    }

    private static func model(_ entry: JSON) -> ModelInfo? {
        guard let id = entry["id"]?.stringValue ?? entry["name"]?.stringValue, !id.isEmpty, id.utf8.count <= 200,
            self.isForChat(entry, id: id)
        else { return nil }
        let assumed = ModelLimits.assumed(for: id)
        let limits = entry["capabilities"]?["limits"] ?? entry["limits"]
        let window = self.first(entry, ["context_length", "max_model_len", "max_context_length", "context_window"])
        let output =
            self.positive(limits?["max_output_tokens"])
            ?? self.positive(entry["top_provider"]?["max_completion_tokens"])
            ?? self.first(entry, ["max_completion_tokens", "max_output_tokens"]) ?? assumed.output
        // A window includes the answer.
        let input =
            self.positive(limits?["max_prompt_tokens"]) ?? self.positive(limits?["max_input_tokens"])
            ?? window.map { $0 - min(output, $0 / 4) } ?? assumed.input
        let name = entry["display_name"]?.stringValue ?? entry["name"]?.stringValue ?? id
        return ModelInfo(
            id: id, name: name.beginning(bytes: 200), inputLimit: max(256, input), outputLimit: max(16, output),
            supportsTools: entry["capabilities"]?["supports"]?["tool_calls"]?.boolValue,
            supportsParallelCalls: self.takesParallelCalls(entry), images: self.images(entry, id: id))
    }

    private static func takesParallelCalls(_ entry: JSON) -> Bool {
        entry["capabilities"]?["supports"]?["parallel_tool_calls"]?.boolValue
            ?? entry["supported_parameters"]?.arrayValue?.contains { $0.stringValue == "parallel_tool_calls" } ?? false
    }

    /// What the entry says about images, or what is published for the model's family.
    private static func images(_ entry: JSON, id: String) -> ImageLimits? {
        if let capabilities = entry["capabilities"], capabilities["supports"] != nil {
            return ImageLimits(capabilities: capabilities)
        }
        let kinds =
            entry["architecture"]?["input_modalities"]?.arrayValue ?? entry["input_modalities"]?.arrayValue
            ?? entry["supported_input_modalities"]?.arrayValue
        if let kinds { return kinds.contains { $0.stringValue == "image" } ? ImageLimits() : nil }
        let takesImages = entry["capabilities"]?["vision"]?.boolValue ?? ModelLimits.takesImages(id)
        return takesImages ? ImageLimits() : nil
    }

    private static func first(_ entry: JSON, _ keys: [String]) -> Int? {
        keys.lazy.compactMap { self.positive(entry[$0]) }.first
    }

    private static func positive(_ json: JSON?) -> Int? { json?.intValue.flatMap { $0 > 0 ? $0 : nil } }

    /// Endpoints also list models for pictures, speech and search.
    private static func isForChat(_ entry: JSON, id: String) -> Bool {
        if let type = entry["capabilities"]?["type"]?.stringValue { return type == "chat" }
        if let kinds = entry["supported_output_modalities"]?.arrayValue, !kinds.isEmpty {
            return kinds.contains { $0.stringValue == "text" }
        }
        let words = [
            "embed", "whisper", "tts", "dall-e", "moderation", "davinci", "babbage", "transcribe", "realtime", "image",
            "sora", "rerank",
        ]
        let name = id.lowercased()
        return !words.contains { name.contains($0) }
    }
}
