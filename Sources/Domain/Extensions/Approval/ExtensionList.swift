internal import JSON

/// A server's list as it is stored: what the server offered, and the names by which models, the policy and the record
/// call its tools.
package struct ExtensionList: Sendable, Equatable {
    package let offer: ExtensionOffer
    /// By raw name. One that is missing cannot be offered.
    package let names: [String: String]
    /// See ``ExtensionDigest``.
    package let digest: String

    package init(offer: ExtensionOffer, names: [String: String], digest: String) {
        self.offer = offer
        self.names = names
        self.digest = digest
    }

    /// A server's new list; names that were given before stay.
    init(_ offer: ExtensionOffer, of settings: ExtensionSettings, kept: [String: String]) {
        self.init(
            offer: offer,
            names: ExtensionNames.shown(offer.tools.map(\.name), of: settings.name, kept: kept),
            digest: ExtensionDigest.of(offer, by: settings.way))
    }

    // MARK: JSON

    var json: JSON {
        [
            "era": .string(self.offer.era.rawValue), "revision": .string(self.offer.revision),
            "server": .string(self.offer.server),
            "instructions": self.offer.instructions.map { .string($0) } ?? .null,
            "resources": .bool(self.offer.hasResources),
            "tools": .array(
                self.offer.tools.map { tool in
                    [
                        "name": .string(tool.name), "description": .string(tool.description), "schema": tool.schema,
                        "annotations": tool.annotations,
                    ]
                }),
            "prompts": .array(
                self.offer.prompts.map { prompt in
                    [
                        "name": .string(prompt.name), "description": .string(prompt.description),
                        "arguments": .array(prompt.arguments.map { [.string($0.name), .bool($0.isRequired)] }),
                    ]
                }),
            "names": .object(JSONObject(dictionary: self.names.mapValues { .string($0) })),
        ]
    }

    /// Nil for what no release has stored.
    init?(_ json: JSON, digest: String) {
        guard let era = json["era"]?.stringValue.flatMap({ ExtensionOffer.Era(rawValue: $0) }),
            let tools = json["tools"]?.arrayValue, let names = json["names"]?.objectValue
        else { return nil }
        self.init(
            offer: ExtensionOffer(
                era: era, revision: json["revision"]?.stringValue ?? "", server: json["server"]?.stringValue ?? "",
                instructions: json["instructions"]?.stringValue,
                tools: tools.map { tool in
                    ExtensionTool(
                        name: tool["name"]?.stringValue ?? "", description: tool["description"]?.stringValue ?? "",
                        schema: tool["schema"] ?? .null, annotations: tool["annotations"] ?? .null)
                },
                prompts: (json["prompts"]?.arrayValue ?? []).map { prompt in
                    ExtensionPrompt(
                        name: prompt["name"]?.stringValue ?? "",
                        description: prompt["description"]?.stringValue ?? "",
                        arguments: (prompt["arguments"]?.arrayValue ?? []).map {
                            ExtensionPrompt.Argument(
                                name: $0[0]?.stringValue ?? "", isRequired: $0[1]?.boolValue ?? false)
                        })
                },
                hasResources: json["resources"]?.boolValue ?? false),
            names: Dictionary(names.compactMap { raw, name in name.stringValue.map { (raw, $0) } }) { first, _ in first
            },
            digest: digest)
    }
}
