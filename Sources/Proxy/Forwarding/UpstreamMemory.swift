internal import EventLoop

/// What the upstream's answers have shown about its paths. Kept in memory only, and cleared when it grows too large.
@Net
final class UpstreamMemory {
    private struct Question: Hashable {
        let api: ModelAPI
        let model: String
    }

    private struct Place: Hashable {
        let path: String
        let model: String?
    }

    /// Whether a path is served with OpenAI's `/v1` before it.
    private var versions: [String: Bool] = [:]
    /// The path of the last look-up, which is usually the next one too.
    private var latest: (path: String, keepsVersion: Bool)?
    /// What the last new path showed, as a guess for others.
    private var lastVersion: Bool?
    /// The form in which a model is asked, where it is not the client's, and since when.
    private var forms: [Question: (form: ModelAPI, since: LoopInstant)] = [:]

    /// What a model refuses at a path, and since when.
    private var refused: [Place: (fields: [RefusedField], since: LoopInstant)] = [:]

    private static let limit = 512
    /// In bytes. Longer names of models are a client's invention.
    private static let nameLimit = 200
    /// A request has few members that an upstream does not know; more are a peer's invention.
    nonisolated static let mostRefused = 32
    /// Upstreams learn new members too.
    private static let refusalLife = Duration.seconds(24 * 3_600)
    /// Afterwards the client's form is tried again: it may have been missing only for a moment.
    private static let formLife = Duration.seconds(600)

    nonisolated init() {}

    func keepsVersion(of path: String) -> Bool? {
        if let latest = self.latest, latest.path == path { return latest.keepsVersion }
        let known = self.versions[path]
        if let known { self.latest = (path, known) }
        return known
    }

    /// A guess for a path that has not been requested yet. The Messages API has a place of its own.
    func guess(for path: String) -> Bool? { path.hasPrefix("/messages") ? nil : self.lastVersion }

    func learn(_ path: String, keepsVersion: Bool) {
        guard self.versions[path] != keepsVersion else { return }
        self.latest = nil
        if self.versions.count >= Self.limit { self.versions.removeAll(keepingCapacity: true) }
        self.versions[path] = keepsVersion
        if !path.hasPrefix("/messages") { self.lastVersion = keepsVersion }
    }

    /// Whether some model has to be asked in another form than this one.
    var hasForms: Bool { !self.forms.isEmpty }

    func form(of api: ModelAPI, for model: String) -> ModelAPI? {
        let question = Question(api: api, model: model)
        guard let known = self.forms[question] else { return nil }
        guard known.since.duration(to: EventLoop.shared.now) < Self.formLife else {
            self.forms[question] = nil
            return nil
        }
        return known.form
    }

    func learn(_ api: ModelAPI, for model: String, form: ModelAPI) {
        guard model.utf8.count <= Self.nameLimit else { return }
        let question = Question(api: api, model: model)
        guard form != api else {
            self.forms[question] = nil
            return
        }
        guard self.forms[question]?.form != form else { return }
        if self.forms.count >= Self.limit { self.forms.removeAll(keepingCapacity: true) }
        self.forms[question] = (form, EventLoop.shared.now)
    }

    /// Whether some model is known to refuse a member of requests.
    var hasRefusals: Bool { !self.refused.isEmpty }

    func refused(at path: String, by model: String?) -> [RefusedField] {
        let place = Place(path: path, model: model)
        guard let known = self.refused[place] else { return [] }
        guard known.since.duration(to: EventLoop.shared.now) < Self.refusalLife else {
            self.refused[place] = nil
            return []
        }
        return known.fields
    }

    func learn(_ path: String, of model: String?, refuses fields: [RefusedField]) {
        guard (model ?? "").utf8.count <= Self.nameLimit else { return }
        let known = self.refused(at: path, by: model)
        if self.refused.count >= Self.limit { self.refused.removeAll(keepingCapacity: true) }
        let all = Array((known + fields.filter { !known.contains($0) }).prefix(Self.mostRefused))
        self.refused[Place(path: path, model: model)] = (all, EventLoop.shared.now)
    }
}
