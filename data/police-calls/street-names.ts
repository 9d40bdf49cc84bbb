// Streets of San Francisco beyond the 150 most frequent, and what its places are called: the words
// from which gazetteer.ts makes as many addresses as the published file has.

const list = (names: string): readonly string[] => names.split(', ')

/** Streets behind the 150 most frequent, roughly by how often they are named. */
export const furtherStreets = list(
  'Sunnydale Av, Lincoln Wy, Judah St, 3rd Av, 7th Av, 10th Av, 11th Av, 15th Av, 16th Av, 18th Av, 21st St, 23rd Av, 25th Av, 26th Av, 27th Av, 2nd Av, 30th St, 31st Av, 33rd Av, 36th Av, 37th Av, 39th Av, 40th Av, 46th Av, 10th St, 11th St, 12th St, 23rd St, 30th Av, 32nd Av, 35th Av, 38th Av, 41st Av, 42nd Av, 43rd Av, 44th Av, 45th Av, 47th Av, 48th Av, 4th Av, 5th Av, 17th Av, 20th Av, 21st Av, 22nd Av, 27th St, 28th St, 29th St, Alabama St, Alhambra St, Anza St, Apollo St, Arballo Dr, Arelious Walker Dr, Bancroft Av, Bartlett St, Belvedere St, Bowdoin St, Bradford St, Brighton Av, Brotherhood Wy, Calgary St, Carroll Av, Cedar St, Clarence Pl, Clipper St, Cortland Av, Crescent Av, Downey St, Duboce Av, Duncan St, Ellington Av, Evelyn Wy, Fern St, Font Bl, Foote Av, Forest Side Av, Frederick St, Garces Dr, Gellert Dr, Germania St, Goettingen St, Grand View Av, Hartford St, Head St, Hearst Av, Hemlock St, Hoff St, Holloway Av, Holly Park Cr, Huron Av, Illinois St, Indiana St, Jose Sarria Ct, Julian Av, Junior Tr, Kimball Pl, La Salle Av, Lake St, Langton St, Le Conte Av, Ledyard St, Leland Av, Lenox Wy, Lexington St, Liberty St, Lily St, Lisbon St, Maiden Ln, Mallorca Wy, Mariposa St, Maynard St, Mckinnon Av, Minerva St, Mission Bay North Bl, Monterey Bl, Moraga St, Moscow St, Munich St, Music Concourse Dr, Myrtle St, Naples St, Nichols Wy, Octavia St, Peralta Av, Phelps St, Pierce St, Pope St, Portola Dr, Powers Av, Precita Av, Prentiss St, Putnam St, Quesada Av, Quincy St, Quint St, Revere Av, Rhode Island St, Russ St, Russia Av, Sanchez St, Sansome St, Schwerin St, Sears St, Shipley St, Shrader St, Sickles Av, Steuart St, Sweeny St, Sycamore St, Tehama St, Terry A Francois Bl, Treat Av, Trumbull St, Ulloa St, Vesta St, Vicente St, Victoria St, Walter U Lum Pl, Wawona St, Willow St, Winston St, Winter Pl, Wisconsin St, Woodside Av, Yosemite Av, Santos St, Hahn St, Stillman St, Ashbury St, Clayton St, Cole St, Pond St, Prosper St, Spear St, Main St, Beale St, Fremont St, 1st St, Hawthorne St, Annie St, Jessie St, Clementina St, Rausch St, Moss St, Harriet St, Bluxome St, Lucerne St, Florida St, Bryce St, Hampshire St, Utah St, San Carlos St, Linda St, Albion St, Landers St, Hancock St, Cumberland St, Elizabeth St, Jersey St, Cesar St, Army St, Mullen Av, Ripley St, Folger St, Vienna St, Brazil Av, Persia Av, Excelsior Av, Avalon Av, Edinburgh St, Madrid St, Paris St, London St, Athens St, Plymouth Av, Broad St, Sagamore St, Capitol Av, Faxon Av, Miramar Av, Lee Av, Harold Av, Phelan Av, Judson Av, Congo St, Detroit St, Teresita Bl, Reposa Wy, Dalewood Wy, Santa Clara Av, San Fernando Wy, Junipero Serra Bl, Sloat Bl, Skyline Bl, Lake Merced Bl, Middlefield Dr, Eucalyptus Dr, Rivera St, Noriega St, Ortega St, Pacheco St, Quintara St, Santiago St, Lawton St, Kirkham St, Lincoln St, Hugo St, Carl St, Parnassus Av, Cabrillo St, Funston Av, Park Presidio Bl, Commonwealth Av, Parker Av, Turk Bl, Anzavista Av, Presidio Av, Laurel St, Spruce St, Locust St, Walnut St, Maple St, Cherry St, Arguello St, Mallory St, Toledo Wy, Alice B Toklas Pl, Campton Pl, Summit St, Margaret Av, Carolina St, Vermont St, Arkansas St, Connecticut St, Missouri St, Pennsylvania Av, Tennessee St, Minnesota St, Cargo Wy, Evans Av, Innes Av, Hudson Av, Jerrold Av, Kirkwood Av, Newcomb Av, Shafter Av, Thomas Av, Underwood Av, Wallace Av, Armstrong Av, Egbert Av, Fitzgerald Av, Gilman Av, Hollister Av, Ingerson Av, Jamestown Av, Keith St, Lane St, Mendell St, Newhall St, Rankin St, Selby St, Toland St, Mission Rock St, Baldwin Ct',
)

/** Stems of the many small streets, courts and alleys; with an ending each makes several. */
export const streetStems = list(
  'Abbey, Acadia, Acton, Ada, Agnon, Alder, Alma, Alpine, Alton, Amazon, Amber, Ankeny, Apparel, Arbor, Argent, Arlington, Ashton, Atalaya, Aurora, Baden, Balceta, Balmy, Banks, Barcelona, Baxter, Beacon, Belcher, Bella Vista, Bennington, Bernal, Beverly, Birch, Blair, Bliss, Blythdale, Bocana, Bonview, Boutwell, Bridgeview, Bronte, Burnett, Byron, Cambon, Cameron, Campbell, Caselli, Cayuga, Cervantes, Charter Oak, Chenery, Chilton, Circular, Clayton, Colby, Coleridge, Collingwood, Conkling, Coral, Corbett, Cordova, Corona, Crestline, Crystal, Cuvier, Dakota, Danvers, Dawnview, Delano, Dellbrook, Desmond, Diamond, Dorado, Dublin, Eastwood, Edgehill, Elk, Ellsworth, Elmira, Elsie, Enterprise, Esmeralda, Eugenia, Eureka, Fairfax, Fallon, Farallones, Felton, Flora, Flournoy, Forester, Fountain, Fowler, Francis, Galewood, Gambier, Garrison, Gates, Genebern, Gennessee, Gilbert, Gladstone, Glenview, Gold Mine, Gorgas, Grafton, Grijalva, Guttenberg, Hale, Hamerton, Hamilton, Hanover, Harkness, Harvard, Havens, Hawkins, Heather, Henry, Hermann, Highland, Hilirita, Holladay, Hollis, Homestead, Houston, Ignacio, Ina, Invincible, Ivy, Jade, Jarboe, Jasper, Jennings, Josiah, Juniper, Justin, Kansas, Kempton, Kern, Key, Kingston, Kiska, Knollview, Laguna Honda, Laidley, Lakeshore, Lamartine, Lansing, Lapu Lapu, Latona, Laura, Leese, Lessing, Linden, Lobos, Loehr, Longview, Lowell, Lupine, Macondray, Maddux, Malta, Mandalay, Mangels, Mansell, Marietta, Marin, Mars, Martha, Mateo, Maywood, Melrose, Mercury, Meredith, Midway, Mirabel, Miguel, Mizpah, Molimo, Montcalm, Moultrie, Mountain Spring, Nadell, Navajo, Nebraska, Newburg, Niagara, Nordhoff, Northridge, Oakhurst, Olive, Olmstead, Oneida, Orizaba, Osage, Otsego, Palmetto, Panama, Paradise, Paulding, Peabody, Pearl, Peru, Pilgrim, Pixley, Plaza, Pomona, Porter, Prague, Princeton, Ralston, Raymond, Redwood, Reuel, Richland, Rio Verde, Robblee, Rockdale, Rolph, Rossi, Rutland, Rosewood, Sadowa, Salinas, San Gabriel, San Leandro, Santa Marina, Santa Ynez, Saturn, Seneca, Severn, Shakespeare, Sierra, Skyview, Somerset, Sonoma, Sparta, Stanford, Staples, Starview, Stratford, Sussex, Swiss, Tacoma, Talbert, Tamalpais, Tara, Temple, Texas, Theresa, Thornton, Tingley, Tioga, Tompkins, Topaz, Tucker, Tulane, Turquoise, Twin, Unity, Urbano, Valdez, Valletta, Valmar, Varela, Velasco, Vernon, Vicksburg, Virgil, Visitacion, Waterville, Wayland, Westgate, Whitney, Whittier, Wilde, Winding, Woolsey, Worth, Yerba, Yukon, Zircon, Zoe',
)

/** How small streets end. */
export const streetEndings = list('St, Av, Ct, Wy, Pl, Tr, Dr, Ln, Al, Cr')

/** Streets of the islands, which are cities of their own in the file. */
export const islandStreets = {
  'Treasure Isla': list(
    'Avenue Of The Palms, 13th St, California Av, Avenue D, Avenue H, Avenue I, Avenue M, Avenue N, Exposition Dr, Mariner Dr, Northpoint Dr, Gateview Av, Mason Ct, Hutchins Ct, Flounder Ct, Halibut Ct, Ozbourn Ct, Reeves Ct, Bayside Dr, Croaker Ct, Chinook Ct, 9th St, 4th St, Avenue B, Avenue C, Avenue E',
  ),
  'Yerba Buena': list(
    'Treasure Island Rd, Macalla Rd, Hillcrest Rd, Signal Tower Rd, Healy Av Rd, Yerba Buena Rd',
  ),
} as const

/** What people write who name no street. */
export const freePlaces = list(
  'Ybi, Ggp, Loh, Zoo, West Portal, Ti, Ocean Beach, Sfgh, Twin Peaks, Lands End, Glen Park, Un Plaza, Dolores Park, Pier 39, Civic Center, Crissy Field, Baker Beach, Sf Zoo, Candlestick, Mclaren Park, Balboa Park, Stern Grove, Fort Funston, Lake Merced, City College, Cow Palace, Sfo, Japantown, Union Square, Conservatory, Polo Fields, Stow Lake, Beach Chalet, Kezar, Hall Of Justice, 850 Bryant, Bay Bridge, Caltrain, Moscone, Att Park',
)

/** What common locations are, after the name they bear. */
export const placeKinds = list(
  'Hotel Sro, Park, Plgd, Elementary School, High School, Library, Garage, Apts, Market, Cafe, Bar, Church, Rec Ctr, Health Ctr, Bank, Liquors, Station, Shelter, Gardens, Corridor, Clinic, Theater, Pharmacy, Senior Ctr',
)

/** Chains that have a branch in many a street: `Safeway-Castro`. */
export const chains = list(
  'Safeway, Walgreens, Mcdonalds, Starbucks, Cvs, Target, Wells Fargo, Bank Of America, Chevron, Shell, 7-Eleven, Trader Joes, Whole Foods Mkt, Ross Dress For Less, Burger King, Fedex',
)

/** Where the best known common locations lie; the others get an address of their own. */
export const knownLocations: Readonly<Record<string, string>> = {
  'Un Pz': '0 Block Of United Nations Pz',
  'Haight St Corridor': '1500 Block Of Haight St',
  'Powell St Muni': '900 Block Of Market St',
  'Civic Center Muni': '1200 Block Of Market St',
  'Union Square': '300 Block Of Geary St',
  'Embarcadero Muni Station': '300 Block Of Market St',
  'Twin Peaks Viewpoint': '100 Block Of Christmas Tree Point Rd',
  'Montgomery Muni': '500 Block Of Market St',
  'Van Ness Av Muni': '1500 Block Of Market St',
  'Buena Vista Park': '600 Block Of Buena Vista Av W',
  'One Hallidie Pz': '900 Block Of Market St',
  'Mission Station': '600 Block Of Valencia St',
  'Legion Of Honor': '100 Block Of 34th Av',
  'Ferry Bldg': '0 Block Of The Embarcadero Sou',
  'Southern Station': '1300 Block Of 3rd St',
  'Panhandle Park Plgd': '1800 Block Of Oak St',
  'Stonestown Galleria': '3300 Block Of 20th Av',
  'Washington Square': '600 Block Of Columbus Av',
  'Civic Center Pz': '100 Block Of Grove St',
  'Embarcadero Pz': '0 Block Of Clay St',
  'Sf Ctr': '900 Block Of Market St',
  'Eureka Valley-Harvey Milk Library': '0 Block Of Jose Sarria Ct',
}
