internal import JSON

/// Specifications, repositories and differences.
enum MCPRepositoryTools {
    static let all: [MCPTool] = [
        MCPTool(
            "spec_status",
            "A feature's stages, documents, open questions and tasks: that of a conversation, or one of a repository; "
                + "without a feature, all of the repository.", as: "getFeature", .reads,
            [
                .text("thread_id", "Instead of repository and feature."), .text("repository", ""),
                .text("feature", "The folder's name below specs/."), .text("cursor", ""),
            ]
        ) { call in
            let specs = MCPSpecs(call.backend)
            let text =
                if let thread = call.text("thread_id") {
                    try await specs.ofThread(thread)
                } else {
                    try await specs.ofRepository(call.text("repository"), feature: call.text("feature"))
                }
            return MCPText.window(text, from: try MCPText.cursor(call.text("cursor")))
        },
        MCPTool(
            "repositories_list", "The repositories that conversations can work on.", as: "repositories", .reads,
            [.text("cursor", "")]
        ) { call in
            let page = try await call.backend.json(MCPCall("repositories"))
            let lines = page["items"]?.arrayValue?.map { item in
                let isDefault = item["default"]?.boolValue == true ? " (default)" : ""
                let url = item["url"]?.stringValue ?? ""
                let link = url.hasPrefix("/") ? call.backend.pageURL + url : url
                return "\(item["name"]?.stringValue ?? "")\(isDefault) \(link)"
            }
            return MCPText.lines(
                lines ?? [], from: try MCPText.cursor(call.text("cursor")), empty: "This host has no repositories.")
        },
        MCPTool(
            "diff_read", "What differs in a conversation's workspace from its branch's last commit.", as: "getDiff",
            .reads, [.text("thread_id", "", required: true), .text("cursor", "")]
        ) { call in
            let thread = try call.needed("thread_id")
            let diff = try await call.backend.json(MCPCall("getDiff", thread))["diff"]?.stringValue ?? ""
            guard !diff.isEmpty else { return "Nothing differs. \(MCPThreads(call.backend).link(thread))" }
            let text = MCPText.window(diff, from: try MCPText.cursor(call.text("cursor")))
            return "\(call.backend.pageURL)/t/\(thread)/diff\n\n\(text)"
        },
    ]
}

/// What tools and resources say about features.
struct MCPSpecs: Sendable {
    private let backend: any MCPBackend

    init(_ backend: any MCPBackend) { self.backend = backend }

    func ofThread(_ thread: String) async throws -> String {
        let feature = try await self.backend.json(MCPCall("getFeature", thread))
        var lines = [
            "\(feature["feature"]?.stringValue ?? "") “\(MCPText.line(feature["title"]?.stringValue ?? "", 120))” in "
                + "\(feature["repository"]?.stringValue ?? "") on \(feature["branch"]?.stringValue ?? "")"
        ]
        let stages = feature["stages"]?.arrayValue?.map { stage in
            "\(stage["stage"]?.stringValue ?? "") \(stage["state"]?.stringValue ?? "")"
        }
        lines.append("Stages: \(stages?.joined(separator: ", ") ?? "")")
        let next = feature["next"]?.arrayValue?.compactMap(\.stringValue) ?? []
        if !next.isEmpty { lines.append("Next: \(next.joined(separator: ", "))") }
        lines.append("Documents:")
        for document in feature["documents"]?.arrayValue ?? [] {
            lines.append("- \(document["path"]?.stringValue ?? "") \(document["url"]?.stringValue ?? "")")
        }
        let questions = feature["questions"]?.arrayValue?.compactMap(\.stringValue) ?? []
        if !questions.isEmpty { lines.append("Open questions:") }
        lines += questions.map { "- \(MCPText.line($0, 400))" }
        let tasks = feature["tasks"]?.arrayValue ?? []
        if !tasks.isEmpty { lines.append("Tasks:") }
        lines += tasks.map { self.task($0, isDone: $0["done"]?.boolValue == true) }
        return lines.joined(separator: "\n")
    }

    func ofRepository(_ repository: String?, feature name: String?) async throws -> String {
        let documents = MCPDocuments(self.backend)
        let items = try await documents.find(in: repository).filter { item in
            guard let feature = item["feature"]?.stringValue else { return false }
            return name == nil || feature == name
        }
        guard !items.isEmpty else {
            throw MCPRefusal(
                name == nil ? "The repository has no features." : "There is no such feature.", status: 404)
        }
        let page = try? await self.backend.json(MCPCall("listTaskFeatures", query: [("repository", repository)]))
        let tasks = page?["items"]?.arrayValue ?? []
        var lines: [String] = []
        var seen: Set<String> = []
        for item in items {
            let feature = item["feature"]?.stringValue ?? ""
            if seen.insert("\(item["repository"]?.stringValue ?? "")/\(feature)").inserted {
                let found = tasks.first {
                    $0["feature"]?.stringValue == feature
                        && $0["repository"]?.stringValue == item["repository"]?.stringValue
                }
                let count = found.map { "\($0["done"]?.intValue ?? 0) of \($0["total"]?.intValue ?? 0) tasks done" }
                lines.append(
                    "\(feature) in \(item["repository"]?.stringValue ?? "") on \(item["branch"]?.stringValue ?? "")"
                        + (count.map { ": \($0)" } ?? ""))
                if name != nil {
                    lines +=
                        found?["tasks"]?.arrayValue?.map {
                            self.task($0, isDone: $0["state"]?.stringValue == "done")
                        } ?? []
                }
            }
            lines.append("- \(item["path"]?.stringValue ?? "") \(documents.link(item))")
        }
        return lines.joined(separator: "\n")
    }

    private func task(_ task: JSON, isDone: Bool) -> String {
        "- [\(isDone ? "x" : " ")] \(task["id"]?.stringValue ?? "") \(MCPText.line(task["text"]?.stringValue ?? "", 200))"
    }
}
