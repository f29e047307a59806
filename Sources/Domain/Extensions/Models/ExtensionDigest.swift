internal import Crypto
package import JSON

/// What an owner approves, as one value: a list of a server, bound to what is started or reached.
///
/// Order, icons, titles, versions and `_meta` do not count. Of several tools of one name only the first does.
package enum ExtensionDigest {
    /// SHA-256 of the canonical JSON (RFC 8785) of ``value(of:by:)``, 64 hexadecimal digits.
    package static func of(_ offer: ExtensionOffer, by way: ExtensionSettings.Way) -> String {
        self.digest(self.value(of: offer, by: way))
    }

    static func digest(_ value: JSON) -> String { hex(sha256(value.canonicalBytes)) }

    /// All that counts. Variables and headers do not: they are the owner's own.
    package static func value(of offer: ExtensionOffer, by way: ExtensionSettings.Way) -> JSON {
        let place: JSON =
            switch way {
            case .program(let command, _): ["command": .array(command.map { .string($0) })]
            case .remote(let address, _): ["url": .string("\(address)")]
            }
        return [
            "server": place,
            "instructions": offer.instructions.map { .string($0) } ?? .null,
            "tools": .array(self.sorted(offer.tools, by: \.name).map(self.value)),
            "prompts": .array(self.sorted(offer.prompts, by: \.name).map(self.value)),
            "resources": .bool(offer.hasResources),
        ]
    }

    static func value(_ tool: ExtensionTool) -> JSON {
        [
            "name": .string(tool.name), "description": .string(tool.description), "schema": tool.schema,
            "annotations": tool.annotations,
        ]
    }

    static func value(_ prompt: ExtensionPrompt) -> JSON {
        [
            "name": .string(prompt.name), "description": .string(prompt.description),
            "arguments": .array(
                prompt.arguments.map { ["name": .string($0.name), "required": .bool($0.isRequired)] }),
        ]
    }

    static func sorted<Item>(_ items: [Item], by name: (Item) -> String) -> [Item] {
        var names: Set<String> = []
        return items.filter { names.insert(name($0)).inserted }
            .sorted { name($0).utf8.lexicographicallyPrecedes(name($1).utf8) }
    }
}

/// How a server's list differs from the one that was approved.
package struct ExtensionComparison: Sendable, Equatable {
    package enum Change<Item: Sendable & Equatable>: Sendable, Equatable {
        case unchanged(Item)
        case changed(old: Item, new: Item)
        case new(Item)
        case removed(Item)
    }

    /// By name. Items are compared byte by byte: texts that are equal to Unicode may still read differently to a model.
    package let tools: [Change<ExtensionTool>]
    package let prompts: [Change<ExtensionPrompt>]
    /// Nil if neither list has any.
    package let instructions: Change<String>?
    /// Nil if that has not changed; else whether the server has resources now.
    package let hasResources: Bool?

    package init(from old: ExtensionOffer, to new: ExtensionOffer) {
        self.tools = Self.changes(
            from: old.tools, to: new.tools, by: \.name, value: ExtensionDigest.value)
        self.prompts = Self.changes(
            from: old.prompts, to: new.prompts, by: \.name, value: ExtensionDigest.value)
        self.instructions =
            Self.changes(
                from: old.instructions.map { [$0] } ?? [], to: new.instructions.map { [$0] } ?? [], by: { _ in "" },
                value: { .string($0) }
            ).first
        self.hasResources = old.hasResources == new.hasResources ? nil : new.hasResources
    }

    /// Whether there is nothing to ask an owner.
    package var isUnchanged: Bool {
        self.hasResources == nil && self.instructions?.isUnchanged ?? true
            && self.tools.allSatisfy(\.isUnchanged) && self.prompts.allSatisfy(\.isUnchanged)
    }

    private static func changes<Item>(
        from old: [Item], to new: [Item], by name: (Item) -> String, value: (Item) -> JSON
    ) -> [Change<Item>] {
        let olds = ExtensionDigest.sorted(old, by: name)
        let news = ExtensionDigest.sorted(new, by: name)
        let oldByName = Dictionary(olds.map { (name($0), $0) }) { first, _ in first }
        let newNames = Set(news.map(name))
        let kept = news.map { item -> Change<Item> in
            guard let before = oldByName[name(item)] else { return .new(item) }
            let isSame = value(before).canonicalBytes == value(item).canonicalBytes
            return isSame ? .unchanged(item) : .changed(old: before, new: item)
        }
        return kept + olds.filter { !newNames.contains(name($0)) }.map { .removed($0) }
    }
}

extension ExtensionComparison.Change {
    package var isUnchanged: Bool {
        if case .unchanged = self { true } else { false }
    }
}
