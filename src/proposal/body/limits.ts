/** How much of everything a body shows. Totals are shown in any case. */
export interface Limits {
  readonly images: number;
  readonly places: number;
  readonly vulnerabilities: number;
  readonly packages: number;
  /** Changes of how one image is run, the worst first. */
  readonly configuration: number;
  readonly superseded: number;
  readonly notEdited: number;
  readonly commands: number;
  readonly reasons: number;
}

/** Platforms that are named in one list. */
export const PLATFORMS_MAX = 6;

const ALL: Limits = {
  images: 60,
  places: 10,
  vulnerabilities: 30,
  packages: 200,
  configuration: 40,
  superseded: 20,
  notEdited: 20,
  commands: 20,
  reasons: 20,
};

/** From everything to the least: superseded digests go first, then packages. What is never dropped only becomes shorter. */
export const LIMITS: readonly Limits[] = [
  ALL,
  { ...ALL, superseded: 0 },
  { ...ALL, superseded: 0, packages: 50 },
  { ...ALL, superseded: 0, packages: 0 },
  { ...ALL, superseded: 0, packages: 0, configuration: 10 },
  { ...ALL, superseded: 0, packages: 0, configuration: 10, commands: 2, vulnerabilities: 10 },
  {
    images: 20,
    places: 3,
    vulnerabilities: 5,
    packages: 0,
    configuration: 5,
    superseded: 0,
    notEdited: 5,
    commands: 2,
    reasons: 5,
  },
  {
    images: 5,
    places: 1,
    vulnerabilities: 3,
    packages: 0,
    configuration: 1,
    superseded: 0,
    notEdited: 3,
    commands: 1,
    reasons: 3,
  },
];
