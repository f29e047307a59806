/// The personas of a host. Names are unique.
package struct PersonaCatalog: Sendable, Equatable {
    /// Sorted by name.
    package let personas: [Persona]

    /// Of two with one name the later one counts.
    package init(_ personas: [Persona]) {
        var byName: [String: Persona] = [:]
        for persona in personas { byName[persona.name] = persona }
        self.personas = byName.values.sorted { $0.name < $1.name }
    }

    package subscript(name: String) -> Persona? { self.personas.first { $0.name == name } }
}
