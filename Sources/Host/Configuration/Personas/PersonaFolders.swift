internal import Agent
internal import Glibc
internal import YAML

/// Where personas come from: the program's own, then files, of which a later one replaces one with the same name.
struct PersonaFolders {
    /// Next to the configuration file, then in the data directory.
    let folders: [String]
    let surroundings: Surroundings

    /// In bytes; far more than a prompt needs.
    static let fileLimit = 256 << 10

    /// Reads all personas. Mistakes are reported in `reading`, with the file's own name.
    func read(limits: AgentLimits, into reading: Reading) -> PersonaCatalog {
        var personas = PersonaFiles.files.compactMap { file in
            self.persona(Array(file.text.utf8), file.name, limits, into: reading)
        }
        var content = Hasher()
        for folder in self.folders {
            for name in Self.files(in: folder) {
                let path = "\(folder)/\(name)"
                do throws(FileReader.Failure) {
                    let bytes = try FileReader.read(path, limit: Self.fileLimit).bytes
                    content.combine(path)
                    content.combine(bytes)
                    if let persona = self.persona(bytes, path, limits, into: reading) { personas.append(persona) }
                } catch {
                    let own = Reading(source: path, surroundings: self.surroundings)
                    own.report("the file cannot be read: \(error.reason)", path: "", line: nil, column: nil)
                    reading.append(own)
                }
            }
        }
        reading.otherFiles["personas"] = content.finalize()
        return PersonaCatalog(personas)
    }

    private func persona(_ bytes: [UInt8], _ path: String, _ limits: AgentLimits, into reading: Reading) -> Persona? {
        let own = Reading(source: path, surroundings: self.surroundings)
        defer { reading.append(own) }
        let name = path.split(separator: "/").last.map { String($0.dropLast(".yaml".count)) } ?? ""
        return Persona.read(bytes, named: name, limits: limits, reading: own)
    }

    /// The names of the folder's `.yaml` files, sorted; none if it cannot be listed.
    private static func files(in folder: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasSuffix(".yaml"), !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }
}

extension Persona {
    /// Reads one persona's file.
    ///
    /// - Parameters:
    ///   - name: The file's name without its ending, which must be the persona's.
    ///   - limits: Those of `agent`, for what the file leaves out.
    static func read(_ bytes: [UInt8], named name: String, limits: AgentLimits, reading: Reading) -> Persona? {
        do throws(YAMLError) {
            let node = try YAML.parse(bytes)
            return Value(node: node, path: "", reading: reading).section {
                Self.read($0, named: name, limits: limits)
            }.flatMap { reading.hasErrors ? nil : $0 }
        } catch {
            reading.report(error.message, path: "", line: error.line, column: error.column)
            return nil
        }
    }

    private static func read(_ section: Section, named name: String, limits: AgentLimits) -> Persona? {
        let given = section.required("name") { value in
            value.string(where: { $0 == name }, else: "the name has to be that of the file, '\(name)'")
        }
        let summary = section.required("summary") { value in
            value.string(where: { !$0.contains(where: \.isNewline) }, else: "the summary has to be one line")
        }
        let prompt = section.required("prompt") { $0.string() }
        let tools = section.required("tools") { $0.items() } ?? []
        let limits = section.optional("limits") { $0.section { AgentLimits($0, standard: limits) } }
        let model = section.optional("model") { $0.string() }
        let names = tools.compactMap { value in
            value.choice(among: Self.tools.filter { $0 != ToolSelector.run }, named: { $0 })
        }
        guard let given, let summary, let prompt else { return nil }
        return Persona(
            name: given, summary: summary, prompt: prompt, tools: Self.tools.filter(names.contains), limits: limits,
            model: model)
    }

    private static let tools = ToolSelector.tools.map(\.name) + [Persona.extensions]
}

extension AgentLimits {
    init(_ section: Section, standard: AgentLimits) {
        self.init(
            steps: section.read("max_steps", default: standard.steps) { $0.integer(in: 1...10_000) },
            tokens: section.read("max_tokens", default: standard.tokens) { $0.integer(in: 1_000...1_000_000_000) },
            time: section.read("max_time", default: standard.time) { $0.duration(from: .seconds(1)) })
    }
}
