// Change: a model's alias in the proxy, and its keys
/// Other names for models, and the models that replace one that fails, from the configuration. Pure.
struct ModelAliases: Sendable {
    let aliases: [String: String]
    let fallbacks: [String: [String]]

    var isEmpty: Bool { self.aliases.isEmpty && self.fallbacks.isEmpty }

    /// The model that a requested name stands for; the name itself if it is not an alias.
    func model(named name: String) -> String { self.aliases[name] ?? name }

    /// The model whose permission a request needs: a key that lists an alias may use the model behind it.
    func permitted(_ name: String, among listed: Set<String>) -> String {
        listed.contains(name) ? name : self.model(named: name)
    }

    /// The models to try after the requested one has failed, in order. A key's list limits these, too.
    func replacements(of name: String, among listed: Set<String>?) -> [String] {
        (self.fallbacks[self.model(named: name)] ?? self.fallbacks[name] ?? []).map { self.model(named: $0) }
            .filter { listed?.contains($0) ?? true }
    }
}
