/// Limits of models whose endpoint reports none, as their makers publish them for the family.
package enum ModelLimits {
    /// For an unknown model.
    package static let unknown = (input: 64_000, output: 4096)

    /// The first match wins, so longer prefixes come before shorter ones.
    private static let families: [(prefix: String, input: Int, output: Int)] = [
        ("gpt-5", 272_000, 128_000), ("gpt-4.1", 1_000_000, 32_768), ("gpt-4o", 111_000, 16_384),
        ("gpt-4-turbo", 124_000, 4096), ("gpt-4-32k", 28_000, 4096), ("gpt-4-0", 6000, 2048), ("gpt-4", 6000, 2048),
        ("gpt-3.5", 12_000, 4096), ("o1", 100_000, 100_000), ("o3", 100_000, 100_000), ("o4", 100_000, 100_000),
        ("claude", 180_000, 8192), ("gemini", 1_000_000, 8192), ("deepseek", 56_000, 8192),
        ("mistral", 28_000, 4096), ("llama3.1", 120_000, 8192), ("llama-3.1", 120_000, 8192),
        ("llama-3.3", 120_000, 8192), ("qwen", 28_000, 4096),
    ]

    /// The assumed limits of the model `id`; a vendor before a slash (`openai/gpt-4.1`) is ignored.
    package static func assumed(for id: String) -> (input: Int, output: Int) {
        let name = id.split(separator: "/").last.map { $0.lowercased() } ?? ""
        guard let family = self.families.first(where: { name.hasPrefix($0.prefix) }) else { return self.unknown }
        return (family.input, family.output)
    }

    /// Whether models of the family of `id` take images, as their makers publish it; false for unknown families.
    package static func takesImages(_ id: String) -> Bool {
        let name = id.split(separator: "/").last.map { $0.lowercased() } ?? ""
        if self.blind.contains(where: { name.hasPrefix($0) }) { return false }
        return self.seeing.contains { name.hasPrefix($0) } || self.seeingParts.contains { name.contains($0) }
    }

    private static let blind = ["gpt-3.5", "gpt-4-0", "gpt-4-32k", "o1-mini", "o1-preview", "o3-mini", "claude-2"]
    private static let seeing = [
        "gpt-4o", "gpt-4.1", "gpt-4-turbo", "gpt-5", "chatgpt-4o", "o1", "o3", "o4", "claude", "gemini", "gemma3",
        "gemma-3", "pixtral", "llava", "llama-4", "llama4", "grok-4",
    ]
    private static let seeingParts = ["vision", "-vl", "qwen2.5vl", "qwen3vl", "minicpm-v"]
}
