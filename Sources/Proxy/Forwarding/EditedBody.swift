internal import JSON

/// A request's body for another model, or in another form. Pure.
struct EditedBody: Sendable {
    /// Nil to send the client's own body.
    var bytes: [UInt8]?
    var translation: Translation?
    /// The form of ``bytes``, if it is not the client's.
    var form: ModelAPI?

    /// Off the loop, because a body may have megabytes. Throws a ``ProxyRefusal`` for what cannot be translated.
    ///
    /// - Parameters:
    ///   - model: nil for the one in the body.
    ///   - api: the form of the body, if a model can be asked in several.
    ///   - form: the upstream's, if it is another.
    ///   - now: milliseconds since 1970.
    @concurrent static func make(
        _ bytes: [UInt8], model: String?, from api: ModelAPI?, to form: ModelAPI?, at now: Int64
    ) async throws -> EditedBody {
        var edited = EditedBody()
        var current = bytes
        if let model, let changed = ModelName.replaced(in: bytes, by: model) {
            current = changed
            edited.bytes = changed
        }
        guard let api, let form else { return edited }
        let json: JSON
        do {
            json = try JSON.parse(current)
        } catch {
            throw ProxyRefusal.unreadable("\(error)")
        }
        let translation = try Translation(json, from: api, to: form, at: Int(now / 1_000))
        edited.bytes = translation.request.bytes
        edited.translation = translation
        edited.form = form
        return edited
    }
}
