internal import Crypto

/// What models, the policy and the record call a server's tool: `NAME__TOOL`.
package enum ExtensionNames {
    /// Of OpenAI's and Copilot's `^[a-zA-Z0-9_-]{1,64}$`, the strictest rule that providers have.
    static let limit = 64

    /// The product's own tools of a server, whose names none of its tools can have.
    enum Own: String, CaseIterable {
        case find, call, resources, read
    }

    static func own(_ tool: Own, of server: String) -> String { "\(server)__\(tool.rawValue)" }

    /// Shown names by raw name.
    ///
    /// A name stays as it is however the list grows: the ones in `kept` are returned unchanged, also those of tools that
    /// are not in `raw`. What they are does not depend on the order of `raw`.
    /// - Parameter kept: The names given before, by raw name.
    /// - Returns: The names of `kept` and `raw`. A name is missing only if another tool's is the same even with its digest,
    ///   which does not happen by chance: leave such a tool out.
    package static func shown(_ raw: [String], of server: String, kept: [String: String] = [:]) -> [String: String] {
        var names = kept
        var taken = Set(kept.values).union(Own.allCases.map { self.own($0, of: server) })
        let fresh = Set(raw).filter { kept[$0] == nil }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        let plain = fresh.map { (raw: $0, name: self.plain($0, of: server)) }
        var wishes: [String: Int] = [:]
        for wish in plain { wishes[wish.name, default: 0] += 1 }
        // Unchanged names first, so that no changed one takes theirs.
        let changed = plain.filter { $0.name != "\(server)__\($0.raw)" }
        for (raw, name) in plain where name == "\(server)__\(raw)" {
            let fits = name.utf8.count <= self.limit && !raw.isEmpty && !taken.contains(name)
            names[raw] = self.take(fits ? name : self.digested(name, raw), &taken)
        }
        for (raw, name) in changed {
            let fits = name.utf8.count <= self.limit && wishes[name] == 1 && !taken.contains(name)
            names[raw] = self.take(fits ? name : self.digested(name, raw), &taken)
        }
        return names
    }

    private static func take(_ name: String, _ taken: inout Set<String>) -> String? {
        taken.insert(name).inserted ? name : nil
    }

    /// With `_` for each character that providers refuse.
    private static func plain(_ raw: String, of server: String) -> String {
        let letters = raw.unicodeScalars.map { scalar -> Character in
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "_", "-": Character(scalar)
            default: "_"
            }
        }
        return "\(server)__" + String(letters)
    }

    private static func digested(_ name: String, _ raw: String) -> String {
        "\(name.prefix(self.limit - 9))_\(hex(sha256(raw)).prefix(8))"
    }
}
