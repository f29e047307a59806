internal import Agent
internal import YAML

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

    private static let tools = ToolSelector.tools.map(\.name)
}

extension AgentLimits {
    init(_ section: Section, standard: AgentLimits) {
        self.init(
            steps: section.read("max_steps", default: standard.steps) { $0.integer(in: 1...10_000) },
            tokens: section.read("max_tokens", default: standard.tokens) { $0.integer(in: 1_000...1_000_000_000) },
            time: section.read("max_time", default: standard.time) { $0.duration(from: .seconds(1)) })
    }
}
