/* Names instead of ids. */
import { el } from './dom.js'

const names = { me: '', people: new Map(), groups: new Map(), channels: new Map() }

export function setNames(state) {
  names.me = state.me
  names.people = new Map(state.people.map((one) => [one.id, one]))
  names.groups = new Map(state.groups.map((one) => [one.id, one.handle]))
  names.channels = new Map(state.channels.map((one) => [one.id, one.name]))
}

export function person(id) {
  return names.people.get(id)
}

export function userChip(id, label = '') {
  const name = names.people.get(id)?.name ?? (label || id)
  return el('span', { class: id === names.me ? 'mention mine' : 'mention' }, `@${name}`)
}

export function groupChip(id, label = '') {
  return el('span', { class: 'mention mine' }, `@${names.groups.get(id) ?? (label.replace(/^@/u, '') || id)}`)
}

export function rangeChip(range) {
  return el('span', { class: 'mention mine' }, `@${range}`)
}

export function channelChip(id, label = '') {
  return el('span', { class: 'mention' }, `#${names.channels.get(id) ?? (label || id)}`)
}
