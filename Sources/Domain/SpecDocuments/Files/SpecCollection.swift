/// Reads the documents that a path names, feature by feature.
struct SpecCollection: ~Copyable {
    /// The most documents of one check. A folder with more does not hold specifications.
    static let documentLimit = 5_000
    static let byteLimit = 64 << 20
    /// Folders below `specs`: features may be grouped.
    private static let depthLimit = 3

    private(set) var features: [FeatureDocuments] = []
    /// The files that could not be read.
    private(set) var findings: [DocumentFinding] = []
    /// The repository's own templates, whose words in brackets are placeholders, and the program's.
    private(set) var templates: [String] = []

    private let place: SpecPath
    private let reader: RepositoryReader
    private var documents = 0
    private var bytes = 0
    private var isFull = false

    init(_ place: SpecPath) throws(SpecCheck.Failure) {
        self.place = place
        do throws(RepositoryReader.Failure) {
            self.reader = try RepositoryReader(place.root)
        } catch {
            throw SpecCheck.Failure(message: "\(place.root) cannot be read: \(error.reason): correct the path")
        }
    }

    func exists(_ path: String) -> Bool { self.reader.exists(path) }

    mutating func collect() {
        self.templates = DocumentTemplate.allCases.map(\.standard)
        var left = DocumentTemplates.byteLimit
        for name in self.reader.names(in: ".specify/templates") where name.hasSuffix(".md") {
            guard let bytes = try? self.reader.bytes(of: ".specify/templates/\(name)"),
                bytes.count <= min(DocumentTemplates.sizeLimit, left)
            else { continue }
            left -= bytes.count
            self.templates.append(String(decoding: bytes, as: UTF8.self))
        }
        if let file = self.place.file {
            self.collect(file: file)
        } else if self.isFeature(self.place.folder) {
            self.collect(feature: self.place.folder)
        } else if self.place.folder.isEmpty {
            self.collect(single: ".specify/memory/constitution.md", isOptional: true)
            self.collect(below: "specs", depth: 0)
        } else {
            self.collect(below: self.place.folder, depth: 0)
        }
    }

    private mutating func collect(file: String) {
        let folder = file.lastIndex(of: "/").map { String(file[..<$0]) } ?? ""
        let isPart = ["checklists", "contracts"].contains(folder.split(separator: "/").last ?? "")
        let feature = isPart ? (folder.lastIndex(of: "/").map { String(folder[..<$0]) } ?? "") : folder
        if self.isFeature(feature) {
            self.collect(feature: feature)
            if self.features.contains(where: { $0.documents.contains { $0.path == file } }) { return }
        }
        self.collect(single: file, isOptional: false)
    }

    private mutating func collect(single path: String, isOptional: Bool) {
        if isOptional, !self.reader.exists(path) { return }
        guard let document = self.read(path) else { return }
        self.features.append(FeatureDocuments(folder: "", documents: [document]))
    }

    private mutating func collect(below folder: String, depth: Int) {
        for name in self.reader.names(in: folder) {
            let path = "\(folder)/\(name)"
            guard self.reader.isFolder(path) else {
                if depth == 0, self.reader.exists(path), !name.hasSuffix(".md"), !name.contains(".") {
                    self.report(path, .symbolicLink)
                }
                continue
            }
            if self.isFeature(path) {
                self.collect(feature: path)
            } else if depth + 1 < Self.depthLimit {
                self.collect(below: path, depth: depth + 1)
            }
        }
    }

    private func isFeature(_ folder: String) -> Bool {
        ["spec.md", "plan.md", "tasks.md"].contains { self.reader.exists(Self.path($0, in: folder)) }
    }

    private mutating func collect(feature folder: String) {
        var documents: [FeatureDocument] = []
        for part in ["", "checklists", "contracts"] {
            let folder = Self.path(part, in: folder)
            for name in self.reader.names(in: folder) where name.hasSuffix(".md") {
                // The repository's README and similar files are not part of a feature.
                if folder.isEmpty, DocumentKind(path: name) == .other { continue }
                if let document = self.read(Self.path(name, in: folder)) { documents.append(document) }
            }
        }
        self.features.append(FeatureDocuments(folder: folder.isEmpty ? "." : folder, documents: documents))
    }

    private mutating func read(_ path: String) -> FeatureDocument? {
        guard self.documents < Self.documentLimit, self.bytes < Self.byteLimit else {
            if !self.isFull {
                self.isFull = true
                self.findings.append(
                    DocumentFinding(
                        .unread, .error, path: path,
                        "There are more than \(Self.documentLimit) documents or \(Self.byteLimit >> 20) MB, so the "
                            + "rest was not read: check the folders one by one."))
            }
            return nil
        }
        do throws(RepositoryReader.Failure) {
            let bytes = try self.reader.bytes(of: path)
            self.documents += 1
            self.bytes += bytes.count
            return FeatureDocument(path: path, bytes: bytes)
        } catch {
            self.report(path, error)
            return nil
        }
    }

    private mutating func report(_ path: String, _ failure: RepositoryReader.Failure) {
        let isSize = failure == .tooLarge
        self.findings.append(
            DocumentFinding(
                isSize ? .size : .unread, isSize ? .error : .warning, path: path,
                "The file was not read: \(failure.reason)."))
    }

    private static func path(_ name: String, in folder: String) -> String {
        folder.isEmpty ? name : name.isEmpty ? folder : "\(folder)/\(name)"
    }
}
