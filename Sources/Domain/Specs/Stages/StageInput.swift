internal import Chat
internal import Models
internal import Repositories
internal import SpecDocuments

/// The input of a stage: the repository's documents at one commit.
struct StageInput: Sendable {
    static let constitutionPath = ".specify/memory/constitution.md"

    let request: TurnRequest
    /// For the constitution: without a name, on the base branch.
    let files: FeatureFiles
    let templates: DocumentTemplates
    /// `2026-11-20`
    let today: String

    init(_ request: TurnRequest, _ files: FeatureFiles, today: String) {
        self.request = request
        self.files = files
        self.today = today
        self.templates = DocumentTemplates { path in files.text(path) }
    }

    /// A document's place in the repository.
    func path(_ name: String) -> String {
        name == "constitution.md" ? Self.constitutionPath : "\(self.files.folder)/\(name)"
    }

    func bytes(_ name: String) -> [UInt8]? { self.files.files[self.path(name)] }

    /// The title of the specification, else the folder's name in words.
    var title: String {
        let markdown = self.bytes("spec.md").map { MarkdownDocument($0) }
        if let title = markdown?.title {
            let name = title.drop { $0 != ":" && $0 != "：" }.dropFirst().drop { $0 == " " }
            return String((name.isEmpty ? title[...] : name).prefix(120))
        }
        return self.files.name.split(separator: "-").dropFirst()
            .map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined(separator: " ")
    }

    /// The feature's documents by name, in the order in which stages write them.
    var names: [String] {
        let prefix = self.files.folder + "/"
        let all = self.files.files.keys.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
        let order = ["spec.md", "plan.md", "research.md", "data-model.md", "quickstart.md", "tasks.md"]
        return order.filter { all.contains($0) } + all.filter { !order.contains($0) }.sorted()
    }

    /// Why the stage cannot begin: what is missing, and how people get it.
    func obstacle(to script: StageScript) -> String? {
        for need in script.needs where self.bytes(need.file) == nil {
            let path = self.path(need.file)
            if self.files.tooLarge.contains(path) {
                return "\(path) is larger than 100 KB, so it can't be read: split it into smaller documents."
            }
            return "`\(self.files.name)` has no \(need.name) yet: \(need.remedy)."
        }
        return nil
    }
}

extension StageInput {
    /// The prompt of a stage that writes a document.
    func messages(for script: StageScript, readme: String? = nil) -> [ModelMessage] {
        [
            ModelMessage(.system, self.instructions(for: script)),
            ModelMessage(.user, self.material(for: script, readme: readme)),
        ]
    }

    private func instructions(for script: StageScript) -> String {
        let feature = self.files.name.isEmpty ? "" : "Feature: \(self.files.name). Branch: \(self.files.branch). "
        let forms = script.forms.map { form in
            script.files == nil ? self.form(form.template) : "=== \(form.name) ===\n\(self.form(form.template))"
        }
        let rules =
            script.rules + [
                "Write in the language of the specification or of the request; headings of the form and labels stay in "
                    + "English. Replace every text in brackets; leave out comments and what does not apply.",
                "If a present version is among the documents, keep what is still right in it.",
                StageMaterial.rule,
            ]
        return """
            You write \(script.noun) in the form of spec-kit.
            Purpose: \(script.stage.rawValue)
            \(feature)Date: \(self.today).

            Answer with Markdown and nothing else: no preface, no fence around it, no closing words.

            Rules:
            \(rules.map { "- \($0)" }.joined(separator: "\n"))

            The form, with its headings in this order:

            \(forms.joined(separator: "\n"))
            """
    }

    /// A form without the comments that explain it to people.
    private func form(_ template: DocumentTemplate) -> String {
        let text = template == .constitution ? self.constitutionForm : self.templates.text(template)
        return AnswerText.prefix(of: Array(text.utf8), 24 << 10)
    }

    /// The present constitution is a document, not the form.
    private var constitutionForm: String {
        self.files.text(DocumentTemplate.constitution.overrides[0]) ?? DocumentTemplate.constitution.standard
    }

    private func material(for script: StageScript, readme: String?) -> String {
        var material = StageMaterial()
        material.add(conversation: self.request.history)
        material.add(document: Self.constitutionPath, self.files.files[Self.constitutionPath])
        if let readme { material.add(document: "README.md", Array(readme.utf8)) }
        let written = Set(script.forms.map(\.name))
        for name in self.names where self.isInput(name, of: script.stage) || written.contains(name) {
            material.add(
                document: self.path(name), self.bytes(name), note: written.contains(name) ? "the present version" : nil)
        }
        material.add(request: self.request.text)
        material.add("Write \(script.noun)\(self.files.name.isEmpty ? "" : " \(self.files.name)").")
        return material.text
    }

    private func isInput(_ name: String, of stage: Stage) -> Bool {
        switch stage {
        case .plan: name == "spec.md" || name.hasPrefix("contracts/")
        case .tasks: !name.hasPrefix("checklists/") && name != "input.md"
        case .checklist: ["spec.md", "plan.md", "tasks.md"].contains(name)
        default: false
        }
    }
}
