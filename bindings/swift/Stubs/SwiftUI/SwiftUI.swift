// A stand-in for SwiftUI, for its signatures alone: nothing is ever on a screen.
@_exported import Foundation

public enum ScenePhase: Hashable, Sendable { case background, inactive, active }

// Views.

@MainActor @preconcurrency
public protocol View {
    associatedtype Body: View
    @ViewBuilder var body: Body { get }
}

/// What every view of the framework itself is here.
public struct Leaf: View {
    nonisolated init() {}
    public var body: Never { return fatalError("nothing is shown") }
}

extension Never: View { public var body: Never { return fatalError("nothing is shown") } }

@resultBuilder
public enum ViewBuilder {
    public static func buildBlock<each Content: View>(_ content: repeat each Content) -> Leaf { Leaf() }
    public static func buildOptional(_ content: Leaf?) -> Leaf { Leaf() }
    public static func buildEither(first content: Leaf) -> Leaf { Leaf() }
    public static func buildEither(second content: Leaf) -> Leaf { Leaf() }
}

public struct Text: View {
    public init<S: StringProtocol>(_ content: S) {}
    public var body: Leaf { Leaf() }
}

public struct Button: View {
    public init<S: StringProtocol>(_ title: S, action: @escaping @MainActor () -> Void) {}
    public var body: Leaf { Leaf() }
}

public struct Link: View {
    public init<S: StringProtocol>(_ title: S, destination: URL) {}
    public var body: Leaf { Leaf() }
}

public struct TextEditor: View {
    public init(text: Binding<String>) {}
    public var body: Leaf { Leaf() }
}

public struct Group<Content: View>: View {
    public init(@ViewBuilder content: () -> Content) {}
    public var body: Leaf { Leaf() }
}

public enum HorizontalAlignment: Sendable { case leading, center, trailing }

public struct VStack<Content: View>: View {
    public init(alignment: HorizontalAlignment = .center, @ViewBuilder content: () -> Content) {}
    public var body: Leaf { Leaf() }
}

public struct List<Content: View>: View {
    public init(@ViewBuilder content: () -> Content) {}
    public var body: Leaf { Leaf() }
}

public struct Section<Content: View>: View {
    public init<S: StringProtocol>(_ title: S, @ViewBuilder content: () -> Content) {}
    public var body: Leaf { Leaf() }
}

public struct ForEach<Data: RandomAccessCollection, ID: Hashable, Content: View>: View {
    public init(
        _ data: Data, id: KeyPath<Data.Element, ID>, @ViewBuilder content: @escaping (Data.Element) -> Content
    ) {}
    public var body: Leaf { Leaf() }
}

extension ForEach where Data.Element: Identifiable, ID == Data.Element.ID {
    public init(_ data: Data, @ViewBuilder content: @escaping (Data.Element) -> Content) {}
}

public struct Font: Sendable { public static let caption = Font() }

extension View {
    public func font(_ font: Font?) -> Leaf { Leaf() }
    public func task(_ action: @escaping @MainActor @Sendable () async -> Void) -> Leaf { Leaf() }
}

// State.

@propertyWrapper
public struct Binding<Value> {
    public var wrappedValue: Value
    public init(wrappedValue: Value) { self.wrappedValue = wrappedValue }
}

@MainActor @propertyWrapper
public struct State<Value> {
    private final class Box {
        var value: Value
        init(_ value: Value) { self.value = value }
    }
    private let box: Box
    public init(wrappedValue: Value) { box = Box(wrappedValue) }
    public var wrappedValue: Value {
        get { box.value }
        nonmutating set { box.value = newValue }
    }
    public var projectedValue: Binding<Value> { Binding(wrappedValue: box.value) }
}

public protocol ObservableObject: AnyObject {}

@propertyWrapper
public struct Published<Value> {
    public var wrappedValue: Value
    public init(wrappedValue: Value) { self.wrappedValue = wrappedValue }
}

@MainActor @propertyWrapper
public struct ObservedObject<Value: ObservableObject> {
    public let wrappedValue: Value
    public init(wrappedValue: Value) { self.wrappedValue = wrappedValue }
}

@MainActor @propertyWrapper
public struct StateObject<Value: ObservableObject> {
    public let wrappedValue: Value
    public init(wrappedValue: @autoclosure () -> Value) { self.wrappedValue = wrappedValue() }
}

public struct EnvironmentValues { public var scenePhase: ScenePhase { .active } }

@MainActor @propertyWrapper
public struct Environment<Value> {
    private let path: KeyPath<EnvironmentValues, Value>
    public init(_ path: KeyPath<EnvironmentValues, Value>) { self.path = path }
    public var wrappedValue: Value { EnvironmentValues()[keyPath: path] }
}

// Apps.

@MainActor @preconcurrency
public protocol Scene {
    associatedtype Body: Scene
    @SceneBuilder var body: Body { get }
}

extension Never: Scene {}

public struct LeafScene: Scene {
    public var body: Never { return fatalError("nothing is shown") }
}

@resultBuilder
public enum SceneBuilder {
    public static func buildBlock<Content: Scene>(_ content: Content) -> Content { content }
}

public struct WindowGroup<Content: View>: Scene {
    public init(@ViewBuilder content: () -> Content) {}
    public var body: LeafScene { LeafScene() }
}

extension Scene {
    public func onChange<Value: Equatable>(of value: Value, perform action: @escaping (Value) -> Void) -> LeafScene {
        LeafScene()
    }
}

@MainActor @preconcurrency
public protocol App {
    associatedtype Body: Scene
    @SceneBuilder var body: Body { get }
    init()
}

extension App {
    public static func main() {}
}
