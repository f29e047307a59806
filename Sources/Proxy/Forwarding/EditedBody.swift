internal import HTTPServer
internal import JSON

/// A request's body for another model, or in another form. Pure.
struct EditedBody: Sendable {
    /// Nil to send the client's own body.
    var bytes: [UInt8]?
    var translation: Translation?
    /// The form of ``bytes``, if it is not the client's.
    var form: ModelAPI?
    /// The members that were left out because the upstream refuses them.
    var leftOut: [String] = []
    /// Memory for ``bytes``, until the upstream answers.
    var share: RequestShare?

    /// Bytes that a short request may gain in another form, whose tools are longer.
    private static let growth = 256 << 10

    /// Bytes that a body may have in another form.
    static func longest(of body: [UInt8]) -> Int { 2 * body.count + Self.growth }

    /// Off the loop, because a body may have megabytes. Throws a ``ProxyRefusal`` for what cannot be translated.
    ///
    /// - Parameters:
    ///   - model: nil for the one in the body.
    ///   - api: the form of the body, if a model can be asked in several.
    ///   - form: the upstream's, if it is another.
    ///   - refused: what the upstream refuses.
    ///   - now: milliseconds since 1970.
    @concurrent static func make(
        _ bytes: [UInt8], model: String?, from api: ModelAPI?, to form: ModelAPI?,
        without refused: [RefusedField] = [], at now: Int64
    ) async throws -> EditedBody {
        var edited = EditedBody()
        var current = bytes
        if let model, let changed = ModelName.replaced(in: bytes, by: model) {
            current = changed
            edited.bytes = changed
        }
        guard let api, let form else {
            if !refused.isEmpty, let json = try? JSON.parse(current) { edited.leaveOut(refused, of: json) }
            return edited
        }
        let json: JSON
        do {
            json = try JSON.parse(current)
        } catch {
            throw ProxyRefusal.unreadable("\(error)")
        }
        var translation = try Translation(json, from: api, to: form, at: Int(now / 1_000))
        let request = translation.takeRequest()
        let translated = request.bytes
        guard translated.count <= Self.longest(of: bytes) else { throw ProxyRefusal.translationGrows }
        edited.bytes = translated
        edited.translation = translation
        edited.form = form
        if !refused.isEmpty { edited.leaveOut(refused, of: request) }
        return edited
    }

    private mutating func leaveOut(_ fields: [RefusedField], of json: JSON) {
        var json = json
        let names = fields.reduce(into: Set()) { $0.formUnion($1.remove(from: &json)) }
        guard !names.isEmpty else { return }
        self.bytes = json.bytes
        self.leftOut = names.sorted()
    }

    /// The fields, of those that an error names, that a request had.
    @concurrent static func those(of fields: [RefusedField], in body: [UInt8]) async -> [RefusedField] {
        guard var json = try? JSON.parse(body) else { return [] }
        return fields.filter { !$0.remove(from: &json).isEmpty }
    }
}
