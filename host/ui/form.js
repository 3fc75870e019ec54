// SPDX-License-Identifier: MIT
// form.js - a form made of a trigger's inputSchema (JSON Schema, as GET /v1/triggers/{project}/{key} has it): a field by type,
// with its bounds in words, and errors at the field that they are about.
import { parseJson, stringifyJson } from "./sdk.js";

const LONG = 200; // characters: from here on a field has several lines
const LONG_NAMES = /^(message|text|note|instruction|description|comment|content|prompt)$/i;
const FORMATS = { email: "email", uri: "url", date: "date" };
let ids = 0;

export function element(tag, className, text) {
  const e = document.createElement(tag);
  if (className) e.className = className;
  if (text !== undefined) e.textContent = text;
  return e;
}

const typeOf = (rule) => (Array.isArray(rule.type) ? rule.type.find((type) => type !== "null") : rule.type);
const step = (name) => "/" + name.replaceAll("~", "~0").replaceAll("/", "~1");

function bounds(min, max, of) {
  if (min !== undefined && max !== undefined) return min === max ? `exactly ${min}${of}` : `${min} to ${max}${of}`;
  return min !== undefined ? `at least ${min}${of}` : max !== undefined ? `at most ${max}${of}` : "";
}

function inWords(rule) {
  const words = [];
  if (typeOf(rule) === "string") words.push(bounds(rule.minLength, rule.maxLength, " characters"));
  if (/number|integer/.test(typeOf(rule))) words.push(bounds(rule.minimum, rule.maximum, ""));
  if (typeOf(rule) === "array") words.push(bounds(rule.minItems, rule.maxItems, " entries"));
  if (rule.format && rule.format !== "int64") words.push(rule.format);
  if (rule.pattern) words.push(`like ${rule.pattern}`);
  return words.filter(Boolean).join(", ");
}

// Each kind: make(rule, required) gives the control; read gives its value, undefined for none; write puts one in. read may throw.
function select(options, required) {
  const control = element("select");
  if (!required) control.append(new Option("not set", ""));
  options.forEach(([label], index) => control.append(new Option(label, index)));
  const place = (value) => options.findIndex(([, one]) => stringifyJson(one) === stringifyJson(value));
  return {
    control,
    read: () => (control.value === "" ? undefined : options[control.value][1]),
    write: (value) => (control.value = place(value) < 0 ? (required ? 0 : "") : place(value)),
  };
}

function number(rule) {
  const control = element("input");
  control.type = "number";
  control.step = typeOf(rule) === "integer" ? 1 : "any";
  if (rule.minimum !== undefined) control.min = rule.minimum;
  if (rule.maximum !== undefined) control.max = rule.maximum;
  // What a number would round goes as it was typed.
  const exact = () => (/^-?\d+$/.test(control.value) && !Number.isSafeInteger(control.valueAsNumber) ? BigInt(control.value) : control.valueAsNumber);
  return { control, read: () => (control.value === "" ? undefined : exact()), write: (value) => (control.value = value ?? "") };
}

function text(rule, name) {
  const long = rule.maxLength >= LONG || (LONG_NAMES.test(name) && !(rule.maxLength < LONG));
  const control = element(long ? "textarea" : "input");
  if (long) control.rows = 3;
  else control.type = FORMATS[rule.format] ?? "text";
  // The host counts code points, a browser UTF-16 units: the host's word is final.
  return { control, read: () => control.value || undefined, write: (value) => (control.value = value ?? "") };
}

function json() {
  const control = element("textarea", "mono");
  control.rows = 3;
  control.spellcheck = false;
  control.placeholder = "JSON";
  return {
    control,
    read: () => (control.value.trim() ? parseJson(control.value) : undefined),
    write: (value) => (control.value = value === undefined ? "" : stringifyJson(value, null, 2)),
  };
}

function kindOf(rule, name, required) {
  if (rule.enum) return select(rule.enum.filter((value) => value !== null).map((value) => [String(value), value]), required);
  if (typeOf(rule) === "boolean") return select([["no", false], ["yes", true]], required);
  if (/number|integer/.test(typeOf(rule))) return number(rule);
  return typeOf(rule) === "string" ? text(rule, name) : json();
}

function makeField(name, rule, pointer, required) {
  const box = element("div", "field");
  const kind = kindOf(rule, name, required);
  const { control } = kind;
  const id = `field-${++ids}`;
  const label = element("label", "", name);
  const hint = element("p", "hint", inWords(rule));
  const error = element("p", "error");
  control.id = label.htmlFor = id;
  control.name = pointer.slice(1);
  control.required = required;
  hint.id = `${id}-hint`;
  error.id = `${id}-error`;
  control.setAttribute("aria-describedby", `${hint.id} ${error.id}`);
  if (required) label.append(" ", element("span", "need", "required"));
  box.append(label, control, hint, error);
  const say = (message) => {
    error.textContent = message;
    if (message) control.setAttribute("aria-invalid", "true");
    else control.removeAttribute("aria-invalid");
  };
  control.addEventListener("input", () => say(""));
  return { ...kind, box, pointer, say };
}

// Fills `into` with the fields of an object's schema. must: an empty one is an error here already; within an object that may be left
// out as a whole only the host can tell.
function makeGroup(into, schema, pointer, must) {
  const needed = new Set(schema.required ?? []);
  const names = Object.keys(schema.properties ?? {}).sort((a, b) => needed.has(b) - needed.has(a));
  const parts = names.map((name) => {
    const rule = schema.properties[name];
    const at = pointer + step(name);
    if (typeOf(rule) === "object" && rule.properties) {
      const box = element("fieldset");
      box.append(element("legend", "", name));
      into.append(box);
      return { name, ...makeGroup(box, rule, at, must && needed.has(name)), needed: needed.has(name) };
    }
    const field = makeField(name, rule, at, must && needed.has(name));
    into.append(field.box);
    return { name, fields: [field], read: field.read, write: field.write };
  });
  let extra = {}; // what has no field: kept as it came
  return {
    fields: parts.flatMap((part) => part.fields),
    read() {
      const entries = parts.map((part) => [part.name, part.read(), part.needed]);
      const value = { ...extra, ...Object.fromEntries(entries.filter(([, one]) => one !== undefined).map(([name, one]) => [name, one])) };
      return Object.keys(value).length || !pointer || must ? value : undefined;
    },
    write(value) {
      const given = value && typeof value === "object" ? value : {};
      extra = Object.fromEntries(Object.entries(given).filter(([name]) => !names.includes(name)));
      for (const part of parts) part.write(given[part.name]);
    },
  };
}

// {fields, read(), write(value), check() -> first wrong control or null, showError(pointer, message) -> whether a field has it}
export function buildForm(into, schema, value) {
  into.replaceChildren();
  const group = makeGroup(into, schema, "", true);
  group.write(value);
  const at = (pointer) => group.fields.find((field) => field.pointer === pointer) ?? group.fields.find((field) => pointer.startsWith(field.pointer + "/"));
  return {
    ...group,
    check() {
      const wrong = group.fields.filter((field) => {
        let message = field.control.validationMessage;
        try {
          field.read();
        } catch (error) {
          message = error.message;
        }
        field.say(message);
        return message;
      });
      return wrong[0]?.control ?? null;
    },
    showError(pointer, message) {
      const field = at(pointer);
      field?.say(message);
      field?.control.focus();
      return Boolean(field);
    },
  };
}
